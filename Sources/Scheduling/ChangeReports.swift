// SPDX-License-Identifier: Apache-2.0

package import Time

/// Which values of a property of a source have a line in the log: a pure state machine.
///
/// The first is reported at once. A later one is reported when it has lasted two seconds, and at
/// most three are within 30 s, so a source whose tracks come and go has not a line for each change.
package struct ChangeReports<Value: Equatable & Sendable>: Sendable {
  private var reported: Value?
  /// When values were reported: the last three.
  private var times: [MonotonicTime] = []
  private var current: Value?
  private var currentSince = MonotonicTime.distantPast

  /// Nothing was reported.
  package init() {}

  /// Whether the value, which is that of `now`, is reported now.
  ///
  /// It is called again while the value stays.
  package mutating func reports(_ value: Value, at now: MonotonicTime) -> Bool {
    if value != current { (current, currentSince) = (value, now) }
    guard value != reported else { return false }
    guard reported == nil || now - currentSince >= .seconds(2) else { return false }
    if times.count == 3, let first = times.first, now - first < .seconds(30) { return false }
    reported = value
    times = times.suffix(2) + [now]
    return true
  }
}
