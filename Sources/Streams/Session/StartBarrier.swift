// SPDX-License-Identifier: Apache-2.0

import Sharing

/// Lets the encoders of a session wait for each other, so that all go live with the same frame.
final class StartBarrier: Sendable {
  private struct State: Sendable {
    var arrived: [Int64] = []
    var ready = 0
    var isClosed = false
  }

  private let count: Int
  private let state = Monitor(State())

  /// A barrier for `count` encoders.
  init(count: Int) { self.count = count }

  /// Notes that an encoder's prefill ends before frame index `next`, and waits for the others.
  ///
  /// - Returns: the largest `next` of all encoders, with which all go live; nil once closed.
  func arrive(_ next: Int64) -> Int64? {
    state.update { $0.arrived.append(next) }
    let first: Int64?? = state.wait { [count] state in
      if state.isClosed { return .some(nil) }
      return state.arrived.count == count ? .some(state.arrived.max()) : nil
    }
    return first ?? nil
  }

  /// Releases the waiting encoders: one of the others has failed, or the session ends.
  func close() { state.update { $0.isClosed = true } }

  /// Notes that an encoder has reached that frame.
  ///
  /// - Returns: true for the last encoder.
  func isLastReady() -> Bool {
    state.update { [count] state in
      state.ready += 1
      return state.ready == count
    }
  }
}
