// SPDX-License-Identifier: Apache-2.0

import HTTP
import Net
import Packaging
import Sharing
import Streams

/// One stream of the site on one loop: holds who comes before it runs, and has the desks of its renditions while it
/// does.
///
/// Confined to the loop's thread.
final class StreamHandler {
  private(set) var stream: StreamEntry
  /// A desk for each rendition, the best first; empty while nothing is served.
  private(set) var handlers: [RenditionHandler] = []
  private let counters: Locked<ServerCounters>
  private unowned let loop: EventLoop
  private let reroute: (any Exchange, Int64) -> Void
  private var waiting = HeldRequests<HeldRequest>()
  private var counted = 0

  /// Nothing is held yet; `reroute` handles an exchange anew, with the time since which it is held.
  init(
    _ stream: StreamEntry, counters: Locked<ServerCounters>, loop: EventLoop, reroute: @escaping (any Exchange, Int64) -> Void
  ) {
    self.stream = stream
    self.counters = counters
    self.loop = loop
    self.reroute = reroute
    openHandlers()
  }

  /// The desk of a rendition; of the best one where none is named.
  func handler(_ rendition: String?) -> RenditionHandler? {
    guard let rendition else { return handlers.first }
    return handlers.first { $0.rendition.name == rendition }
  }

  /// Says that somebody wants to see the stream: one on demand starts, or goes on.
  func use(_ now: Int64) { stream.hosted?.use(now) }

  /// Holds or refuses a request while nothing of the stream is served; false when there are desks.
  func receive(_ exchange: any Exchange, since: Int64) -> Bool {
    guard handlers.isEmpty else { return false }
    if case .failed(let reason) = stream.state {
      exchange.respond(Self.refusal(reason))
      return true
    }
    let request = HeldRequest(exchange, .anything, since: since)
    let ticket = waiting.hold(request, until: .max, deadline: since + RenditionHandler.startHold)
    exchange.onGone = { [weak self] in
      self?.waiting.cancelled(ticket, until: .max)
      self?.countHeld()
    }
    countHeld()
    return true
  }

  /// Holds a request for what names all renditions until each is live, which it becomes on its own thread, and the
  /// best one has a complete segment; false when that is so.
  func holdWhileStarting(_ exchange: any Exchange, since: Int64) -> Bool {
    handlers.enumerated().contains { place, handler in
      handler.holdWhileStarting(exchange, since: since, needsSegment: place == 0)
    }
  }

  /// Takes over what has become of the stream; who waited for that is routed anew.
  func update(_ stream: StreamEntry) {
    let hadServed = self.stream.served
    self.stream = stream
    if hadServed !== stream.served {
      closeHandlers()
      openHandlers()
    }
    switch stream.state {
    case .served, .failed: letGo()
    case .idle where waiting.count > 0:
      // It was stopped while somebody came; it is wanted still.
      use(loop.now)
    case .idle, .starting: break
    }
  }

  /// The stream is no longer one of the site: all who are held are routed anew, and find nothing.
  func close() {
    closeHandlers()
    letGo()
  }

  /// Answers everyone who waited for what is new.
  func woken(_ now: Int64) {
    for handler in handlers { handler.woken(now) }
    // Who is held, or follows a long segment, asks for the stream all the while.
    if stream.hosted?.plan.isOnDemand == true, handlers.contains(where: \.isInUse) { use(now) }
  }

  /// The earliest moment at which a held request must be let go; monotonic nanoseconds.
  var nextDeadline: Int64 {
    handlers.reduce(waiting.nextDeadline) { min($0, $1.nextDeadline) }
  }

  /// Lets go whose deadline has come.
  func expire(_ now: Int64) {
    for request in waiting.expired(now) {
      counters.withLock { $0.holds.expired(.start) }
      request.exchange.respond(
        Self.refusal("the stream has not started yet"), extra: [request.heldField(now)])
    }
    countHeld()
    for handler in handlers { handler.expire(now) }
  }

  private func openHandlers() {
    guard let served = stream.served else { return }
    for rendition in served.renditions {
      handlers.append(
        RenditionHandler(served, rendition, counters: counters, reroute: reroute))
      rendition.window.subscribe { [weak loop] in loop?.wake() }
    }
    // What was published before the subscription is not told.
    loop.wake()
  }

  private func closeHandlers() {
    let closing = handlers
    handlers = []
    for handler in closing { handler.close() }
  }

  private func letGo() {
    guard waiting.count > 0 else { return }
    let freed = waiting.ended()
    countHeld()
    for request in freed {
      request.exchange.onGone = nil
      reroute(request.exchange, request.since)
    }
  }

  private func countHeld() {
    let change = waiting.count - counted
    guard change != 0 else { return }
    counted = waiting.count
    counters.withLock { $0.holds.change(.start, by: change) }
  }

  private static func refusal(_ reason: String) -> PreparedResponse {
    ResponseFields.error(503, reason, .noStore, [HeaderField("Retry-After", "1")])
  }
}
