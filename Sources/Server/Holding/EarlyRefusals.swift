// SPDX-License-Identifier: Apache-2.0

import HTTP
import Packaging
import Sharing
import Time

/// Requests for segments that begin too late, which are refused after a pause: a client that asks
/// again at once then sends one request per second and connection.
///
/// A request is looked at again when its time is over, as the segment may be near by then. Confined
/// to one loop's thread.
final class EarlyRefusals<Purpose> {
  /// The pause.
  static var pause: Interval { .seconds(1) }
  /// The most requests that wait; further ones are refused at once.
  private static var most: Int { 10_000 }

  private var waiting = RequestsByVersion<HeldRequest<Purpose>>()

  /// The number of requests that wait.
  var count: Int { waiting.count }
  /// The earliest deadline or an earlier time.
  var nextDeadline: MonotonicTime { waiting.nextDeadline }

  /// Lets a request that arrived at `since` wait; false if its pause is over, or too many wait.
  func hold(
    _ exchange: any Exchange, _ purpose: Purpose, since: MonotonicTime, now: MonotonicTime
  ) -> Bool {
    let deadline = since + Self.pause
    guard now < deadline, waiting.count < Self.most else { return false }
    let ticket = waiting.hold(
      HeldRequest(exchange, purpose, since: since), until: .max, deadline: deadline)
    exchange.onGone = { [weak self] in self?.waiting.cancelled(ticket, until: .max) }
    return true
  }

  /// Removes the requests whose pause is over.
  func expired(_ now: MonotonicTime) -> [HeldRequest<Purpose>] {
    cleared(waiting.expired(now))
  }

  /// Removes all requests.
  func takeAll() -> [HeldRequest<Purpose>] { cleared(waiting.ended()) }

  private func cleared(_ requests: [HeldRequest<Purpose>]) -> [HeldRequest<Purpose>] {
    for request in requests { request.exchange.onGone = nil }
    return requests
  }
}

extension EarlyRequests {
  /// Retry-After of a request for a segment that begins `ahead` after the earliest permitted
  /// request: whole seconds, 1 to 60.
  static func retryAfter(_ ahead: Interval) -> HeaderField {
    let seconds = min(max(1, (ahead + .milliseconds(999)).wholeSeconds), 60)
    return HeaderField("Retry-After", "\(seconds)")
  }
}
