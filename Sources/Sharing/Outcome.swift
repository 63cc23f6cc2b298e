// SPDX-License-Identifier: Apache-2.0

/// A value that is set once, and the body that gets it.
package final class Outcome<Value: Sendable>: Sendable {
  private let state = Locked<(value: Value?, body: (@Sendable (Value) -> Void)?)>((nil, nil))

  /// No value yet.
  package init() {}

  /// Sets the value; the first one stays.
  package func set(_ value: Value) {
    let body = state.withLock { state -> (@Sendable (Value) -> Void)? in
      guard state.value == nil else { return nil }
      state.value = value
      return state.body
    }
    body?(value)
  }

  /// Calls `body` with the value, at once if there is one; it replaces an earlier body.
  package func whenSet(_ body: @escaping @Sendable (Value) -> Void) {
    let value = state.withLock { state in
      state.body = body
      return state.value
    }
    if let value { body(value) }
  }
}
