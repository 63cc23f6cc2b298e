// SPDX-License-Identifier: Apache-2.0

import Scheduling
import Sharing
package import Time

/// The crashes of the processes of one stream's source, over all its sessions.
package final class SourceCrashes: Sendable {
  private struct State: Sendable {
    var supervision = ChildRestarts()
    var count: UInt64 = 0
    var restart: ChildRestarts.Restart?
  }

  private let state = Locked(State())

  /// No crashes.
  package init() {}

  /// The number of crashes.
  package var count: UInt64 { state.withLock { $0.count } }

  /// When the source is opened again, if that is seldom after frequent crashes and in the future.
  package var delayedUntil: MonotonicTime? {
    state.withLock { state in
      guard let restart = state.restart, restart.isFrequent,
        restart.source > SystemClock.monotonicTime
      else { return nil }
      return restart.source
    }
  }

  /// When the source may be opened.
  var notBefore: MonotonicTime { state.withLock { $0.restart?.source ?? .origin } }

  /// When the running process hangs if nothing arrives.
  var deadline: MonotonicTime { state.withLock { $0.supervision.deadline } }

  func started() { state.withLock { $0.supervision.started(at: SystemClock.monotonicTime) } }

  func heard() { state.withLock { $0.supervision.heard(at: SystemClock.monotonicTime) } }

  /// Counts a crash.
  func crashed() -> ChildRestarts.Restart {
    state.withLock { state in
      let restart = state.supervision.crashed(at: SystemClock.monotonicTime)
      state.count += 1
      state.restart = restart
      return restart
    }
  }
}
