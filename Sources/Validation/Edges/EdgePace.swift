// SPDX-License-Identifier: Apache-2.0

/// The times at which requests may be sent, and their number: pure.
package struct EdgePace: Sendable {
  /// The most requests of a trial.
  package static let most = 200
  /// The least time between two requests, in seconds.
  package static let interval = 0.1

  /// The number of requests so far.
  package private(set) var count = 0
  private var earliest = -Double.infinity

  /// Before the first request.
  package init() {}

  /// Counts a request.
  ///
  /// - Parameter now: seconds since 1970.
  /// - Returns: when it may be sent; nil if there were ``most`` requests.
  package mutating func next(_ now: Double) -> Double? {
    guard count < Self.most else { return nil }
    count += 1
    // A clock that is set back delays one request by one interval.
    let time = max(now, min(earliest, now + Self.interval))
    earliest = time + Self.interval
    return time
  }
}
