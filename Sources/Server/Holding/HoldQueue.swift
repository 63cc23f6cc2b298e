// SPDX-License-Identifier: Apache-2.0

import HTTP
import Sharing
import Statistics
import Time

/// The held requests of one kind, with their tickets, deadlines and gauge.
///
/// The handlers that hold requests also answer them: those for playlists in ``PlaylistHandler``.
///
/// A hold ends when its version is published, at its deadline, when the client disconnects, or when
/// the stream ends. Confined to one loop's thread.
final class HoldQueue<Purpose> {
  private let kind: HoldKind
  private let counters: Locked<ServerCounters>
  private var held = RequestsByVersion<HeldRequest<Purpose>>()
  private var gauge: HoldGauge

  /// An empty queue.
  init(_ kind: HoldKind, _ counters: Locked<ServerCounters>) {
    self.kind = kind
    self.counters = counters
    gauge = HoldGauge(kind, counters)
  }

  /// The number of held requests.
  var count: Int { held.count }
  /// The earliest deadline or an earlier time.
  var nextDeadline: MonotonicTime { held.nextDeadline }

  /// Holds `request` until `version` is published, at most until `deadline`.
  ///
  /// Without a version the request is held until ``takeAll()``.
  func hold(_ request: HeldRequest<Purpose>, until version: Int64 = .max, deadline: MonotonicTime) {
    let ticket = held.hold(request, until: version, deadline: deadline)
    request.exchange.onGone = { [unowned self] in
      held.cancelled(ticket, until: version)
      gauge.set(held.count)
    }
    gauge.set(held.count)
  }

  /// Releases the requests for `version` and earlier ones, oldest first; all if `hasEnded`.
  ///
  /// Each request is freed before the next is released. The hold times are recorded.
  func published(
    _ version: Int64, hasEnded: Bool, now: MonotonicTime,
    _ release: (HeldRequest<Purpose>) -> Void
  ) {
    var released = held.entries(upTo: hasEnded ? .max : version)
    guard !released.isEmpty else { return }
    gauge.set(held.count)
    var seconds = Histogram.seconds
    for index in 0..<released.count {
      guard let request = released[index].takeWaiter() else { continue }
      seconds.observe((now - request.since).seconds)
      release(request)
    }
    counters.withLock { [kind, seconds] in $0.holds.answered(kind, seconds) }
  }

  /// Releases the requests whose deadline has passed.
  func expired(_ now: MonotonicTime) -> [HeldRequest<Purpose>] {
    let released = held.expired(now)
    gauge.set(held.count)
    return released
  }

  /// Counts a request that was not answered in time.
  func timedOut() { counters.withLock { $0.holds.expired(kind) } }

  /// Answers 503 to the requests whose deadline has passed.
  func timeOut(_ now: MonotonicTime, _ caching: ResponseFields.Caching = .second) {
    for request in expired(now) {
      timedOut()
      request.timeOut(now, caching)
    }
  }

  /// Releases all requests, oldest first, so that they can be routed again, with their arrivals.
  func takeAll() -> [(any Exchange, MonotonicTime)] {
    takeRequests().map { ($0.exchange, $0.since) }
  }

  /// Releases all requests, oldest first.
  func takeRequests() -> [HeldRequest<Purpose>] {
    let released = held.ended()
    gauge.set(held.count)
    for request in released { request.exchange.onGone = nil }
    return released
  }
}

/// One stream's share of a gauge that adds up all streams of a loop.
struct HoldGauge {
  private let kind: HoldKind
  private let counters: Locked<ServerCounters>
  private var value = 0

  init(_ kind: HoldKind, _ counters: Locked<ServerCounters>) {
    self.kind = kind
    self.counters = counters
  }

  /// Sets the stream's share to `count`.
  mutating func set(_ count: Int) {
    guard count != value else { return }
    let change = count - value
    value = count
    counters.withLock { [kind] in $0.holds.change(kind, by: change) }
  }
}

/// A held request, the time of its arrival and the response that it awaits.
struct HeldRequest<Purpose> {
  let exchange: any Exchange
  let purpose: Purpose
  /// The arrival of the request; re-routing keeps it.
  let since: MonotonicTime

  init(_ exchange: any Exchange, _ purpose: Purpose, since: MonotonicTime) {
    self.exchange = exchange
    self.purpose = purpose
    self.since = since
  }

  /// Answers; the response says how long the request was held, if it was.
  func respond(_ response: PreparedResponse, _ now: MonotonicTime) {
    var held = HeldField()
    exchange.respond(response, extra: held.ifHeld(since, now))
  }

  /// Answers 503: the awaited object was not published before the deadline.
  func timeOut(_ now: MonotonicTime, _ caching: ResponseFields.Caching = .second) {
    refuse(.error(503, "not published in time", caching, [HeaderField("Retry-After", "1")]), now)
  }

  /// Answers with an error at the deadline.
  func refuse(_ response: PreparedResponse, _ now: MonotonicTime) {
    var held = HeldField()
    exchange.respond(response, extra: held.always(since, now))
  }
}

/// `X-Held-Ms`: the time from the arrival of a request to its response, in whole milliseconds.
///
/// Responses that are released together were held equally long, and share the newest field.
struct HeldField {
  private var milliseconds: Int64 = -1
  private var fields: [HeaderField] = []

  /// The field for a response that may also be given on arrival; none below 1 ms.
  mutating func ifHeld(_ since: MonotonicTime, _ now: MonotonicTime) -> [HeaderField] {
    now - since >= .milliseconds(1) ? always(since, now) : []
  }

  /// The field for a response to a request that was certainly held.
  mutating func always(_ since: MonotonicTime, _ now: MonotonicTime) -> [HeaderField] {
    let milliseconds = (now - since).milliseconds
    if milliseconds != self.milliseconds {
      self.milliseconds = milliseconds
      fields = [HeaderField("X-Held-Ms", String(milliseconds))]
    }
    return fields
  }
}
