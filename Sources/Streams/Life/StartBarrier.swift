// SPDX-License-Identifier: Apache-2.0

import Sharing

/// Where the encoders of a stream wait for each other: all go live with the same frame.
final class StartBarrier: Sendable {
  private struct State: Sendable {
    var arrived: [Int64] = []
    var ready = 0
    var isClosed = false
  }

  private let count: Int
  private let state = Monitor(State())

  /// A line for `count` encoders.
  init(count: Int) { self.count = count }

  /// Says that an encoder's history reaches up to the frame before `next`, and waits for the others.
  ///
  /// - Returns: the frame with which all go live: the latest of all; nil when nobody will.
  func arrive(_ next: Int64) -> Int64? {
    state.update { $0.arrived.append(next) }
    let first: Int64?? = state.wait { [count] state in
      if state.isClosed { return .some(nil) }
      return state.arrived.count == count ? .some(state.arrived.max()) : nil
    }
    return first ?? nil
  }

  /// Lets go who waits: one of the encoders will not come.
  func close() { state.update { $0.isClosed = true } }

  /// Says that an encoder has reached that frame; true for the last one.
  func isLastReady() -> Bool {
    state.update { [count] state in
      state.ready += 1
      return state.ready == count
    }
  }
}
