// SPDX-License-Identifier: Apache-2.0

package import Time

/// Runs work at times, on one thread for the whole process, which ends without work.
///
/// The work takes milliseconds at most, because other work waits for it.
package final class TimerThread: Sendable {
  fileprivate struct State {
    var queue = DeadlineQueue<@Sendable () -> Void>()
    var isRunning = false
  }

  /// The timer of the process.
  package static let ofProcess = TimerThread()

  private let state = Monitor(State())

  /// A timer without work.
  package init() {}

  /// Runs `work` on the timer's thread.
  ///
  /// - Returns: false if the system refuses a thread: the work does not run before further work is
  ///   added.
  @discardableResult
  package func run(at due: MonotonicTime, _ work: @escaping @Sendable () -> Void) -> Bool {
    let isFirst = state.update { state in
      state.queue.add(work, due: due)
      defer { state.isRunning = true }
      return !state.isRunning
    }
    guard isFirst, OSThread(name: "timer", { [self] in loop() }) == nil else { return true }
    state.update { $0.isRunning = false }
    return false
  }

  private func loop() {
    while let next = state.update({ $0.nextDeadline() }) {
      let work = state.wait(until: next) { state -> (@Sendable () -> Void)?? in
        if let work = state.queue.takeDue(SystemClock.monotonicTime) { return .some(work) }
        // Earlier work has its own limit.
        return state.queue.next == next ? nil : .some(nil)
      }
      work??()
    }
  }
}

extension TimerThread.State {
  /// When the earliest work is due; nil if the thread ends.
  fileprivate mutating func nextDeadline() -> MonotonicTime? {
    isRunning = queue.next != nil
    return queue.next
  }
}
