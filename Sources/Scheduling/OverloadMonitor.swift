// SPDX-License-Identifier: Apache-2.0

package import Time

/// Detects an encoder that falls behind, by the age of the slots it takes: a pure state machine.
package struct OverloadMonitor: Sendable {
  /// The age above which an encoder is overloaded; below a fifth it has caught up.
  static let limit = Interval.seconds(1)

  /// Whether the encoder is overloaded.
  package private(set) var isOverloaded = false

  /// A monitor of an encoder that keeps up.
  package init() {}

  /// Takes the age of a slot when the encoder takes it.
  ///
  /// - Returns: whether the encoder falls behind with this slot.
  package mutating func fallsBehind(age: Interval) -> Bool {
    let wasOverloaded = isOverloaded
    isOverloaded = wasOverloaded ? age >= Self.limit / 5 : age > Self.limit
    return isOverloaded && !wasOverloaded
  }
}
