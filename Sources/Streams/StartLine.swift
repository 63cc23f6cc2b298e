import Sharing

/// Where the encoders of a stream wait for each other: all go live with the same frame.
final class StartLine: Sendable {
  private struct State: Sendable {
    var arrived: [Int64] = []
    var ready = 0
  }

  private let count: Int
  private let state = Mailbox(State())

  /// A line for `count` encoders.
  init(count: Int) { self.count = count }

  /// Says that an encoder's history reaches up to the frame before `next`, and waits for the others.
  ///
  /// - Returns: the frame with which all go live: the latest of all.
  func arrive(_ next: Int64) -> Int64 {
    state.update { $0.arrived.append(next) }
    return state.wait { [count] state in
      state.arrived.count == count ? state.arrived.max() : nil
    }
  }

  /// Says that an encoder has reached that frame; true for the last one.
  func isLastReady() -> Bool {
    state.update { [count] state in
      state.ready += 1
      return state.ready == count
    }
  }
}
