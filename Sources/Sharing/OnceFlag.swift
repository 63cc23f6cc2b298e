// SPDX-License-Identifier: Apache-2.0

/// A flag that is raised once, for what happens at most once.
package final class OnceFlag: Sendable {
  private let state = Locked(false)

  /// A flag that is not raised yet.
  package init() {}

  /// Whether the flag was raised.
  package var isRaised: Bool { state.withLock { $0 } }

  /// Raises the flag.
  ///
  /// - Returns: true on the first call.
  package func raise() -> Bool {
    state.withLock { isRaised in
      defer { isRaised = true }
      return !isRaised
    }
  }
}
