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
