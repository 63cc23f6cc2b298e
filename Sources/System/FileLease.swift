// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The message of a writer to the readers of a file: whether it is still the one they know.
///
/// A reader asks after it has read: bytes that it got before the writer's word are right.
package final class FileLease: Sendable {
  /// The state of a file; it only rises.
  package enum State: Int, Sendable {
    case valid
    /// Another file has its name: it is not opened again, and open ones are read to their end.
    case replaced
    /// Its bytes are overwritten.
    case overwritten
  }

  private let value = Atomic(State.valid.rawValue)

  /// The lease of a file that is valid.
  package init() {}

  /// The present state.
  package var state: State { State(rawValue: value.load(ordering: .acquiring)) ?? .overwritten }

  /// The file is replaced, or its bytes are overwritten from now on.
  package func end(_ state: State) {
    value.store(max(state, self.state).rawValue, ordering: .releasing)
  }
}

extension FileLease.State: Comparable {
  /// Valid files first.
  package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
