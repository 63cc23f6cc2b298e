// SPDX-License-Identifier: Apache-2.0

package import Time

/// Limits the lines of a kind, which a source can cause, to one per interval: a pure state machine.
package struct ReportLimit: Sendable {
  /// The interval after which lines are written again.
  private static let interval = Interval.seconds(10)

  private var since = MonotonicTime.distantPast

  /// No line was written.
  package init() {}

  /// Whether a line is written now.
  package mutating func reports(at now: MonotonicTime) -> Bool {
    guard now - since >= Self.interval else { return false }
    since = now
    return true
  }
}
