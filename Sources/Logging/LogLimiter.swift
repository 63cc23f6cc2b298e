// SPDX-License-Identifier: Apache-2.0

import Time

/// Limits the lines of one event of one stream, which its source can cause: a pure state machine.
///
/// In each interval the first lines are admitted; the next admitted line says how many were not.
struct LogLimiter: Sendable {
  /// The interval over which lines are counted.
  static let interval = Interval.seconds(10)
  /// The number of counted events that are kept; the streams of a configuration have fewer.
  private static let capacity = 10_000

  private struct Key: Hashable {
    let event: String
    let stream: String
  }

  private struct Count {
    var since: MonotonicTime
    var admitted = 0
    var omitted = 0
  }

  /// The number of admitted lines per interval.
  private let most: Int
  private var counts: [Key: Count] = [:]

  /// A limiter of `most` lines per event, stream and interval.
  init(most: Int) { self.most = most }

  /// Counts a line at `now`.
  ///
  /// - Returns: the number of lines that were omitted before it; nil if it is omitted itself.
  mutating func admit(_ event: String, stream: String, at now: MonotonicTime) -> Int? {
    let key = Key(event: event, stream: stream)
    var count = counts[key] ?? Count(since: now)
    if now - count.since >= Self.interval {
      count.since = now
      count.admitted = 0
    }
    let isAdmitted = count.admitted < most
    let omitted = count.omitted
    if isAdmitted {
      count.admitted += 1
      count.omitted = 0
    } else {
      count.omitted += 1
    }
    if counts.count >= Self.capacity {
      counts = counts.filter { now - $0.value.since < Self.interval }
    }
    if counts.count < Self.capacity { counts[key] = count }
    return isAdmitted ? omitted : nil
  }
}
