// SPDX-License-Identifier: Apache-2.0

import Sharing
import Time

/// The units of work that the threads of a process are in, such as the decoding of a frame.
///
/// A codec that loops for ever on damaged media is noticed by a unit that does not end.
final class WorkWatch: Sendable {
  /// How long a unit may take: far more than the slowest codec needs for a frame.
  static let limit = Interval.seconds(4)

  private struct State {
    var next: UInt64 = 0
    var begun: [UInt64: MonotonicTime] = [:]
  }

  private let state = Locked(State())

  /// Does a unit of work.
  func during<Result, Failure: Error>(
    _ work: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let ticket = state.withLock { state in
      state.next &+= 1  // bounded: tickets may wrap
      state.begun[state.next] = SystemClock.monotonicTime
      return state.next
    }
    defer { state.withLock { _ = $0.begun.removeValue(forKey: ticket) } }
    return try work()
  }

  /// Whether no unit is in progress.
  var isIdle: Bool { state.withLock { $0.begun.isEmpty } }

  /// Whether a unit has not ended within ``limit`` at `now`.
  func isStuck(at now: MonotonicTime) -> Bool {
    state.withLock { state in
      state.begun.values.contains { now - $0 > Self.limit }
    }
  }
}
