// SPDX-License-Identifier: Apache-2.0

import Time

/// The time between attempts while a store fails: 1 s, doubled up to 60 s.
struct BackOff: Sendable {
  private static let range = Interval.seconds(1)...Interval.seconds(60)
  private var next = Self.range.lowerBound
  /// Whether the last attempt failed.
  private(set) var isFailing = false

  /// An attempt failed.
  ///
  /// - Returns: the time until the next one.
  mutating func failed() -> Interval {
    // bounded: intervals saturate
    defer { next = min(next * 2, Self.range.upperBound) }
    isFailing = true
    return next
  }

  /// An attempt succeeded.
  ///
  /// - Returns: whether the one before had failed.
  mutating func succeeded() -> Bool {
    defer { self = BackOff() }
    return isFailing
  }
}
