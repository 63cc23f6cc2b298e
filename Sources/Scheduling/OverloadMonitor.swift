// SPDX-License-Identifier: Apache-2.0

package import Time

/// Detects an encoder that falls behind, by the age of the slots it takes: a pure state machine.
package struct OverloadMonitor: Sendable {
  /// The effect of one slot.
  package enum Change: Sendable, Equatable { case none, fellBehind, caughtUp }

  /// The age above which an encoder is overloaded; below a fifth it has caught up.
  static let limit = Interval.seconds(1)

  /// Whether the encoder is overloaded.
  package private(set) var isOverloaded = false

  /// A monitor of an encoder that keeps up.
  package init() {}

  /// Takes the age of a slot when the encoder takes it.
  package mutating func observe(age: Interval) -> Change {
    if !isOverloaded, age > Self.limit {
      isOverloaded = true
      return .fellBehind
    }
    if isOverloaded, age < Self.limit / 5 {
      isOverloaded = false
      return .caughtUp
    }
    return .none
  }
}
