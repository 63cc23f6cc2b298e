// SPDX-License-Identifier: Apache-2.0

package import Time

/// Decides which changes of a value are logged: a pure state machine.
///
/// A change and the one that leads back are logged at once, later ones after an interval, with
/// their number.
package struct CountedChanges<Value: Equatable & Sendable>: Sendable {
  /// The time without a report after two of them.
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
  /// The reports that may be made before ``next``.
  private var left = 0
  private var next = MonotonicTime.distantPast

  /// Before the first change from `value`.
  package init(_ value: Value) { self.value = value }

  /// Takes the value at a time; returns the report that is due, if any.
  package mutating func observe(_ value: Value, now: MonotonicTime) -> Report? {
    if value != self.value {
      self.value = value
      changes &+= 1  // bounded: a counter may wrap
    }
    guard changes > 0 else { return nil }
    if now >= next { left = 2 }
    guard left > 0 else { return nil }
    // bounded: `left` is 1 or 2
    defer { (changes, left, next) = (0, left - 1, now + Self.interval) }
    return Report(value: value, changes: changes)
  }

  /// Sets the value without a change.
  package mutating func reset(to value: Value) { (self.value, changes) = (value, 0) }
}
