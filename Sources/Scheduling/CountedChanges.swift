// SPDX-License-Identifier: Apache-2.0

package import Time

/// Decides which changes of a value are logged: the first at once, later ones at most once per
/// interval, with their number. A pure state machine.
package struct CountedChanges<Value: Equatable & Sendable>: Sendable {
  /// The least time between two reports.
  package static var interval: Interval { .seconds(10) }

  /// The value to be logged, and the number of changes since the report before.
  package struct Report: Equatable, Sendable {
    package let value: Value
    package let changes: Int

    /// The end of a line: `; 7 changes in 10 s`; empty for one change.
    package var suffix: String {
      changes > 1 ? "; \(changes) changes in \(CountedChanges.interval.wholeSeconds) s" : ""
    }
  }

  private var value: Value
  private var changes = 0
  private var next = MonotonicTime.distantPast

  /// Before the first change from `value`.
  package init(_ value: Value) { self.value = value }

  /// Takes the value at a time; returns the report that is due, if any.
  package mutating func observe(_ value: Value, now: MonotonicTime) -> Report? {
    if value != self.value {
      self.value = value
      changes &+= 1  // bounded: a counter may wrap
    }
    guard changes > 0, now >= next else { return nil }
    defer { (changes, next) = (0, now + Self.interval) }
    return Report(value: value, changes: changes)
  }

  /// Sets the value without a change.
  package mutating func reset(to value: Value) { (self.value, changes) = (value, 0) }
}
