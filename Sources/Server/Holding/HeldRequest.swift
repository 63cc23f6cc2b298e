// SPDX-License-Identifier: Apache-2.0

import HTTP

/// A held request, the time of its arrival and the response that it awaits.
struct HeldRequest<Purpose> {
  let exchange: any Exchange
  let purpose: Purpose
  /// The arrival of the request in monotonic nanoseconds; re-routing keeps it.
  let since: Int64

  init(_ exchange: any Exchange, _ purpose: Purpose, since: Int64) {
    self.exchange = exchange
    self.purpose = purpose
    self.since = since
  }

  /// The field with the time since the arrival.
  func heldField(_ now: Int64) -> HeaderField { HeldField.always(since, now) }

  /// Answers 503: the awaited object was not published before the deadline.
  func timeOut(_ now: Int64) {
    exchange.respond(
      ResponseFields.error(
        503, "not published in time", .second,
        [HeaderField("Retry-After", "1"), heldField(now)]))
  }
}

/// `X-Held-Ms`: the time from the arrival of a request to its response, in whole milliseconds.
enum HeldField {
  /// The field for a response to a request that was certainly held.
  static func always(_ since: Int64, _ now: Int64) -> HeaderField {
    HeaderField("X-Held-Ms", String((now - since) / 1_000_000))
  }

  /// The field for a response that may also be given on arrival; none below 1 ms.
  static func ifHeld(_ since: Int64, _ now: Int64) -> [HeaderField] {
    now - since >= 1_000_000 ? [always(since, now)] : []
  }
}
