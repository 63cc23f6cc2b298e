// SPDX-License-Identifier: Apache-2.0

package import Time

/// Limits the lines of the log about one matter, which a source can cause: a pure state machine.
package struct ReportLimit: Sendable {
  /// The interval after which lines are written again.
  private static let interval = Interval.seconds(10)

  private let most: Int
  private var since = MonotonicTime.distantPast
  private var count = 0

  /// At most `most` lines per ten seconds.
  package init(most: Int = 1) { self.most = most }

  /// Whether a line is written now.
  package mutating func reports(at now: MonotonicTime) -> Bool {
    if now - since >= Self.interval { (since, count) = (now, 0) }
    guard count < most else { return false }
    count += 1
    return true
  }
}
