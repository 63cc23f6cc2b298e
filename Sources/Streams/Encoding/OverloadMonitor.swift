// SPDX-License-Identifier: Apache-2.0

/// Whether an encoder keeps up: a pure state machine over the age of the slots it takes.
struct OverloadMonitor: Sendable {
  /// What changed with a slot.
  enum Change: Sendable, Equatable { case none, fellBehind, caughtUp }

  /// Behind by this is overloaded, in nanoseconds; behind by less than a fifth of it has caught up.
  static var limit: Int64 { 1_000_000_000 }

  private(set) var isOverloaded = false

  /// Takes how old a slot was when the encoder came to it, in nanoseconds.
  mutating func observe(age: Int64) -> Change {
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
