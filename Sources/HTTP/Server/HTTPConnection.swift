// SPDX-License-Identifier: Apache-2.0

import Net
import Time

/// A connection of a known version of HTTP: performs the actions of its ``ConnectionLifecycle``.
protocol HTTPConnection: ServedConnection, ByteStreamOwner {
  associatedtype Member: ConnectionExchange

  var server: HTTPServer { get }
  var stream: any ByteStream { get }
  var lifecycle: ConnectionLifecycle { get set }
  /// The present work of the connection.
  var load: ConnectionLifecycle.Load { get }
  /// Removes all exchanges, and their references to the connection.
  func takeExchanges() -> [Member]
  /// Tells the client that the connection will end; HTTP/1.1 has no such notice.
  func announceEnd()
  /// Takes no more requests; after the open responses the connection ends.
  func stopRequests()
  /// Refuses the request whose head is incomplete: 408 over HTTP/1.1, GOAWAY over HTTP/2.
  func refuseHead()
  /// Refuses request bodies that arrive too slowly, and ends responses that take too long.
  func checkExchanges(_ now: MonotonicTime)
}

extension HTTPConnection {
  var peer: PeerAddress { stream.peer }

  func perform(_ action: ConnectionLifecycle.Action) {
    switch action {
    case .none: break
    case .announceEnd: announceEnd()
    case .stopRequests: stopRequests()
    case .refuseHead:
      server.observer?.faulted(.headTime)
      refuseHead()
    case .checkExchanges: checkExchanges(server.loop.now)
    case .finishWriting:
      stream.finishWriting()
      stream.isReading = true
    case .close:
      stream.close()
      release()
    case .cut(let fault):
      server.observer?.faulted(fault)
      abort()
    }
  }

  func failed() {
    if lifecycle.close() != .none { release() }
  }

  func drain() { perform(lifecycle.drain(load, now: server.loop.now)) }

  func check(_ now: MonotonicTime) { perform(lifecycle.check(load, server.limits, now: now)) }

  /// Cuts the connection because a route cannot complete its response.
  func cut() {
    if lifecycle.close() != .none { abort() }
  }

  /// Cuts the stream; routes are notified at the end of the iteration.
  private func abort() {
    let lost = stream.queuedBytes
    stream.abort()
    server.remove(self)
    let cut = takeExchanges()
    server.loop.later {
      self.tellFlushed(lost: lost)
      self.tellGone(cut)
    }
  }

  /// Forgets the connection, whose stream is closed.
  private func release() {
    server.remove(self)
    tellFlushed(lost: .max)
    tellGone(takeExchanges())
  }

  // MARK: Reports

  /// Reports ended responses whose queued bytes have since been sent or lost.
  func tellFlushed(lost: Int) {
    guard !lifecycle.reports.isEmpty else { return }
    for record in lifecycle.reports.take(lost: lost, now: server.loop.now) {
      server.observer?.finished(record)
    }
  }

  /// Reports exchanges whose responses are cut, and tells their routes.
  func tellGone(_ lost: [Member]) {
    for exchange in lost {
      if !exchange.isUpgraded { server.observer?.finished(record(of: exchange, cut: true)) }
      exchange.wasCut()
    }
  }

  func record(of exchange: Member, cut: Bool) -> ExchangeRecord {
    // Field by field: a copy of the whole head would retain what only the response needed.
    ExchangeRecord(
      request: exchange.request, peer: exchange.client ?? peer, kind: exchange.kind,
      viewer: exchange.viewer, status: exchange.head.status, bytesSent: exchange.head.bytesSent,
      cut: cut, asked: exchange.head.asked,
      begun: exchange.head.begun, ended: server.loop.now)
  }
}
