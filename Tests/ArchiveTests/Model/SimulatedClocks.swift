// SPDX-License-Identifier: Apache-2.0

import Archive
import Sharing
import Time

/// Clocks that a test moves; each reading takes a moment.
final class SimulatedClocks: ArchiveClocks {
  private struct State: Sendable {
    /// Since the start of the machine.
    var boot = MonotonicTime.origin + .seconds(10)
    var wall: WallTime
  }

  private let state: Locked<State>

  init(_ wall: WallTime) { state = Locked(State(wall: wall)) }

  var wallTime: WallTime { state.withLock(\.wall) }
  var bootTime: MonotonicTime { state.withLock(\.boot) }

  var monotonicTime: MonotonicTime {
    state.withLock { state in
      // A loop that waits for a time ends.
      state.boot += .microseconds(1)
      state.wall += .microseconds(1)
      return state.boot
    }
  }

  func wait(until deadline: MonotonicTime) { advance(by: max(.zero, deadline - bootTime)) }

  /// Time passes.
  func advance(by interval: Interval) {
    state.withLock { state in
      state.boot += interval
      state.wall += interval
    }
  }

  /// The wall clock is set.
  func step(by interval: Interval) { state.withLock { $0.wall += interval } }
}
