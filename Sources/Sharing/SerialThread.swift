// SPDX-License-Identifier: Apache-2.0

/// Runs work one after another in the order of its arrival, on a thread that ends without work.
package final class SerialThread: Sendable {
  private struct State: Sendable {
    var waiting: [@Sendable () -> Void] = []
    var isRunning = false
  }

  private let name: String
  private let state = Locked(State())

  /// A thread of this name, which begins with the first work.
  package init(name: String) { self.name = name }

  /// Runs `work` after the work before it; does not wait.
  ///
  /// - Returns: false if the system refuses a thread: the work is dropped.
  package func run(_ work: @escaping @Sendable () -> Void) -> Bool {
    let isFirst = state.withLock { state in
      state.waiting.append(work)
      defer { state.isRunning = true }
      return !state.isRunning
    }
    guard isFirst, OSThread(name: name, { [self] in loop() }) == nil else { return true }
    state.withLock { state in
      state.isRunning = false
      state.waiting = []
    }
    return false
  }

  private func loop() {
    while let work = next() { work() }
  }

  private func next() -> (@Sendable () -> Void)? {
    state.withLock { state in
      state.isRunning = !state.waiting.isEmpty
      return state.isRunning ? state.waiting.removeFirst() : nil
    }
  }
}
