// SPDX-License-Identifier: Apache-2.0

import Sharing

/// Cancels a start that may wait for its source; once cancelled it stays cancelled.
package final class StartCancellation: Sendable {
  private struct State: Sendable {
    var isCancelled = false
    var bodies: [@Sendable () -> Void] = []
  }

  private let state = Locked(State())

  /// A start that is not cancelled.
  package init() {}

  /// Calls `body` once on cancellation, on the cancelling thread; at once if already cancelled.
  package func whenCancelled(_ body: @escaping @Sendable () -> Void) {
    let isLate = state.withLock { state in
      if !state.isCancelled { state.bodies.append(body) }
      return state.isCancelled
    }
    if isLate { body() }
  }

  /// Cancels.
  func cancel() {
    let bodies = state.withLock { state in
      defer { state = State(isCancelled: true) }
      return state.bodies
    }
    for body in bodies { body() }
  }
}
