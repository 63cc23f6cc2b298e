// SPDX-License-Identifier: Apache-2.0

import Net

// Responses in the order of their requests: only the first exchange writes to the stream.
extension HTTP1Connection {
  /// Writes the batch of the server: at once if `exchange` is the first, else when it becomes the
  /// first.
  func send(_ exchange: HTTP1Exchange) {
    let batch = server.batch
    let byteCount = batch.byteCount
    let queuedBefore = queuedBytes
    guard lifecycle.state != .closed else { return batch.removeAll() }
    if exchanges.first === exchange {
      exchange.sent(byteCount)
      stream.write(batch)
    } else {
      exchange.wait(batch)
      waitingBytes += byteCount
    }
    // A single piece may be longer than the limit.
    if queuedBefore > server.limits.queuedBytes { perform(lifecycle.cut(.slow)) }
  }

  /// Whether the stream sends files of `exchange` now.
  func takesFiles(of exchange: HTTP1Exchange) -> Bool {
    exchanges.first === exchange && stream.takesFiles
  }

  /// Sends files after the bytes of `exchange`.
  func send(_ files: FileBytes, of exchange: HTTP1Exchange) {
    guard lifecycle.state != .closed else { return }
    exchange.sent(files.count)
    stream.send(files)
  }

  /// Continues after the end of a response.
  func ended(_ exchange: HTTP1Exchange) {
    guard lifecycle.state != .closed else { return }
    if body?.exchange === exchange { dropBody() }
    guard exchanges.first === exchange else { return }
    while let first = exchanges.first, first.isEnded {
      exchanges.removeFirst()
      first.connection = nil
      first.head.ticket = nil
      report(first)
      if first.closes {
        lifecycle.stopRequests()
        dropRest()
      }
      if let next = exchanges.first {
        waitingBytes -= next.waitingBytes
        stream.write(next.takeWaiting())
        if stream.queuedBytes == 0 { server.loop.later { next.taken() } }
      }
    }
    guard exchanges.isEmpty else { return resumeLater() }
    lifecycle.becameIdle(now: server.loop.now)
    if lifecycle.state == .draining { finish() } else { resumeLater() }
  }

  /// Drops the exchanges after the one that ends the connection; they get no response.
  private func dropRest() {
    guard !exchanges.isEmpty else { return }
    let lost = takeExchanges()
    server.loop.later { self.tellGone(lost) }
  }

  private func report(_ exchange: HTTP1Exchange) {
    guard let observer = server.observer else { return }
    let record = record(of: exchange, cut: false)
    if stream.queuedBytes > 0 { return lifecycle.reports.add(record) }
    tellFlushed(lost: 0)
    observer.finished(record)
  }
}

/// Exchanges in the order of their requests.
///
/// With one exchange, the usual case, nothing is allocated.
struct ExchangeQueue {
  private(set) var first: HTTP1Exchange?
  private var rest: [HTTP1Exchange] = []

  var isEmpty: Bool { first == nil }

  var count: Int { first == nil ? 0 : rest.count + 1 }

  var all: [HTTP1Exchange] { (first.map { [$0] } ?? []) + rest }

  var last: HTTP1Exchange? { rest.last ?? first }

  mutating func append(_ exchange: HTTP1Exchange) {
    if first == nil { first = exchange } else { rest.append(exchange) }
  }

  mutating func removeFirst() {
    first = rest.isEmpty ? nil : rest.removeFirst()
    if rest.isEmpty { rest = [] }
  }

  /// Removes all exchanges.
  mutating func takeAll() -> [HTTP1Exchange] {
    defer { self = ExchangeQueue() }
    return all
  }
}
