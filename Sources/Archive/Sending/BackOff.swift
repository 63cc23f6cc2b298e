// SPDX-License-Identifier: Apache-2.0

import Time

/// The time between attempts while a store fails: 1 s, doubled up to 60 s.
struct BackOff: Sendable {
  private var pause = DoublingPause(.seconds(1) ... .seconds(60))
  /// Whether the last attempt failed.
  private(set) var isFailing = false

  /// An attempt failed.
  ///
  /// - Returns: the time until the next one.
  mutating func failed() -> Interval {
    isFailing = true
    return pause.next()
  }

  /// An attempt succeeded.
  ///
  /// - Returns: whether the one before had failed.
  mutating func succeeded() -> Bool {
    defer { self = BackOff() }
    return isFailing
  }
}
