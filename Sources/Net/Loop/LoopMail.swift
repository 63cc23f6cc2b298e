// SPDX-License-Identifier: Apache-2.0

import CLinux
import Sharing

/// The orders of other threads for an ``EventLoop``, and the descriptor that wakes it.
final class LoopMail: Sendable {
  /// The orders of one iteration.
  struct Orders {
    var jobs: [@Sendable () -> Void] = []
    var isWoken = false
    var isStopped = false
  }

  private struct State {
    var orders = Orders()
    var isSignalled = false
  }

  /// Becomes readable with the first order of an iteration.
  let bell: Int32
  private let state = Locked(State())

  /// No orders.
  ///
  /// - Throws: ``NetError`` if the system refuses a descriptor.
  init() throws(NetError) {
    bell = clinux_eventfd()
    guard bell >= 0 else { throw .system(call: "eventfd", code: -bell) }
  }

  deinit { close(bell) }

  /// Adds an order, and wakes the loop unless an earlier order does.
  func send(_ change: (inout Orders) -> Void) {
    let isFirst = state.withLock { state in
      change(&state.orders)
      defer { state.isSignalled = true }
      return !state.isSignalled
    }
    if isFirst { eventfd_write(bell, 1) }
  }

  /// Removes the orders.
  func takeAll() -> Orders {
    state.withLock { state in
      defer { state = State() }
      return state.orders
    }
  }
}
