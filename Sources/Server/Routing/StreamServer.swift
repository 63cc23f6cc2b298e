// SPDX-License-Identifier: Apache-2.0

package import HTTP
import Logging
package import Net
import Sharing
import Statistics
package import Time

/// The event loops of the server: starts, drains and stops them.
package final class StreamServer: Sendable {
  /// The HTTP server and acceptors of one loop.
  ///
  /// Confined to the loop's thread; other threads only pass the reference on.
  private final class ServerLoop: @unchecked Sendable {
    var http: HTTPServer?
    var acceptors: [Acceptor] = []
  }

  private let serverState: ServerState
  private let limits: HTTPLimits
  private let loops: [EventLoop]
  /// Told when a loop has no connection any more.
  private let emptied = Monitor(())
  private let contexts: [ServerLoop]
  private let history: StatisticsTimer

  /// A server on `loopCount` loops.
  package init(_ serverState: ServerState, loopCount: Int, limits: HTTPLimits) throws(NetError) {
    self.serverState = serverState
    self.limits = limits
    var loops: [EventLoop] = []
    for index in 0..<max(1, loopCount) {
      loops.append(try EventLoop(index: index, emptied: emptied))
    }
    self.loops = loops
    contexts = loops.map { _ in ServerLoop() }
    history = StatisticsTimer(serverState)
  }

  /// Endpoints of another protocol, on the same loops.
  package struct OtherEndpoints: Sendable {
    let endpoints: [Endpoint]
    let deliver: @Sendable (EventLoop, AcceptedSocket) -> Void

    /// - Parameters:
    ///   - endpoints: the listening sockets.
    ///   - deliver: takes ownership of a connection, on the thread of its loop.
    package init(
      _ endpoints: [Endpoint], deliver: @escaping @Sendable (EventLoop, AcceptedSocket) -> Void
    ) {
      self.endpoints = endpoints
      self.deliver = deliver
    }
  }

  /// Starts the loops; the first loop accepts the connections of all `endpoints`, and of `others`.
  package func start(
    _ endpoints: [Endpoint], others: OtherEndpoints? = nil
  ) throws(NetError) {
    let addresses = AddressTable()
    let pastMedia = PastMediaBudget(megabytes: limits.pastMegabytes)
    pastMedia.wake(loops)
    let first = loops[0]
    for (loop, context) in zip(loops, contexts) {
      try loop.start { [serverState, limits] loop in
        let counters = serverState.counters()
        let viewers = serverState.viewers.newLoop()
        let handler = RequestRouter(
          serverState, loop: loop, counters: counters, viewers: viewers)
        context.http = HTTPServer(
          loop: loop, limits: limits, handler: handler,
          observer: ResponseCounter(
            counters, serverState.accessLog, viewers: viewers,
            proxyNotice: serverState.proxyNotice),
          addresses: addresses, proxies: serverState.options.proxies, pastMedia: pastMedia,
          errorFields: ResponseFields.common + [ResponseFields.Priority.media.field])
        return handler
      }
    }
    let failure = Monitor<NetError??>(nil)
    let context = contexts[0]
    first.post { [loops] in
      var result: NetError?
      do throws(NetError) {
        for endpoint in endpoints {
          context.acceptors.append(
            try Acceptor(endpoint.socket, on: first, among: loops, tls: endpoint.tls))
        }
        guard let others else { return failure.update { $0 = .some(nil) } }
        for endpoint in others.endpoints {
          context.acceptors.append(
            try Acceptor(
              endpoint.socket, on: first, among: loops, tls: endpoint.tls,
              deliver: others.deliver))
        }
      } catch { result = error }
      failure.update { $0 = .some(result) }
    }
    if let error = failure.wait({ $0 }) { throw error }
    history.start()
  }

  /// Whether each loop runs a job before `deadline`.
  package func responds(until deadline: MonotonicTime) -> Bool {
    let answered = Monitor(0)
    for loop in loops { loop.post { answered.update { $0 += 1 } } }
    return answered.wait(until: deadline) { [count = loops.count] answered in
      answered == count ? true : nil
    } ?? false
  }

  /// Accepts no more connections.
  package func stopAccepting() {
    let context = contexts[0]
    loops[0].post {
      for acceptor in context.acceptors { acceptor.stop() }
      context.acceptors = []
    }
  }

  /// Serves until every client has disconnected, at most for `limit`.
  ///
  /// A client with a connection for each request has none for a moment: the loops must stay empty
  /// for 10 ms.
  package func linger(limit: Interval) {
    let deadline = SystemClock.monotonicTime + limit
    while waitForEmptyLoops(until: deadline), SystemClock.monotonicTime < deadline {
      SystemClock.sleep(until: SystemClock.monotonicTime + .milliseconds(10))
      if areLoopsEmpty { return }
    }
  }

  /// Answers open requests with `Connection: close` and waits until every connection is closed, at
  /// most for `limit`.
  package func drain(limit: Interval) {
    for (loop, context) in zip(loops, contexts) { loop.post { context.http?.drain() } }
    _ = waitForEmptyLoops(until: SystemClock.monotonicTime + limit)
  }

  private var areLoopsEmpty: Bool { loops.allSatisfy { $0.connectionCount == 0 } }

  /// - Returns: whether no loop has a connection; false at the deadline.
  private func waitForEmptyLoops(until deadline: MonotonicTime) -> Bool {
    emptied.wait(until: deadline) { [self] _ in areLoopsEmpty ? true : nil } ?? false
  }

  /// Closes the remaining connections and ends the loops, within `limit`.
  ///
  /// A thread that does not end in time is left and named in the log.
  package func stop(limit: Interval = OSThread.joinLimit) {
    let deadline = SystemClock.monotonicTime + limit
    for loop in loops { loop.stop() }
    history.stop()
    for loop in loops where !loop.join(until: deadline) { serverState.log.reportLeft(loop.name) }
    // The loops have added the deliveries that were in progress.
    serverState.segmentRows?.flush(SystemClock.monotonicTime, all: true)
  }
}
