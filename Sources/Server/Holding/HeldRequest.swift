// SPDX-License-Identifier: Apache-2.0

import HTTP
import Time

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

  /// The field with the time since the arrival.
  func heldField(_ now: MonotonicTime) -> HeaderField { HeldField.always(since, now) }

  /// Answers 503: the awaited object was not published before the deadline.
  func timeOut(_ now: MonotonicTime, _ caching: ResponseFields.Caching = .second) {
    exchange.respond(
      ResponseFields.error(
        503, "not published in time", caching,
        [HeaderField("Retry-After", "1"), heldField(now)]))
  }
}

/// `X-Held-Ms`: the time from the arrival of a request to its response, in whole milliseconds.
enum HeldField {
  /// The field for a response to a request that was certainly held.
  static func always(_ since: MonotonicTime, _ now: MonotonicTime) -> HeaderField {
    HeaderField("X-Held-Ms", String((now - since).milliseconds))
  }

  /// The field for a response that may also be given on arrival; none below 1 ms.
  static func ifHeld(_ since: MonotonicTime, _ now: MonotonicTime) -> [HeaderField] {
    now - since >= .milliseconds(1) ? [always(since, now)] : []
  }
}

/// The field with the held time, for responses that are released together and were held equally
/// long.
struct HeldFieldCache {
  private var milliseconds: Int64 = -1
  private var fields: [HeaderField] = []

  /// The field for a response that may also be given on arrival; none below 1 ms.
  mutating func ifHeld(_ since: MonotonicTime, _ now: MonotonicTime) -> [HeaderField] {
    let held = now - since
    return held >= .milliseconds(1) ? always(held) : []
  }

  /// The field for a response to a request that was certainly held.
  mutating func always(_ held: Interval) -> [HeaderField] {
    let milliseconds = held.milliseconds
    if milliseconds != self.milliseconds {
      self.milliseconds = milliseconds
      fields = [HeaderField("X-Held-Ms", String(milliseconds))]
    }
    return fields
  }
}
