// SPDX-License-Identifier: Apache-2.0

import Sharing
import System

/// Removes media from the disk on a thread of its own: the archive is written meanwhile.
final class RemovalThread: Sendable {
  /// A removal, which asks whether it is to end.
  typealias Job = @Sendable (_ isCancelled: @Sendable () -> Bool) -> Void

  private struct State: Sendable {
    var waiting: [Job] = []
    var isRunning = false
    var isClosed = false
  }

  private let state: Monitor<State>

  /// Starts the thread; nil if the system refuses it.
  init?() {
    let state = Monitor(State())
    self.state = state
    let thread = OSThread(name: "archive-removal") {
      while let job = Self.next(state) {
        job { state.read(\.isClosed) }
        state.update { $0.isRunning = false }
      }
    }
    guard thread != nil else { return nil }
  }

  private init(_ state: State) { self.state = Monitor(state) }

  /// A queue whose removals ``runNext()`` performs: for tests without threads.
  static func withoutThread() -> RemovalThread { RemovalThread(State()) }

  /// Performs the next removal of the queue.
  ///
  /// - Returns: false if the queue is empty.
  func runNext() -> Bool {
    let job: Job? = state.update { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }
    job?({ false })
    return job != nil
  }

  deinit { state.update { $0.isClosed = true } }

  /// Adds a removal to the queue; after the end it is performed at once, and ends with a failure.
  func add(_ job: @escaping Job) {
    let isTaken = state.update { state in
      if !state.isClosed { state.waiting.append(job) }
      return !state.isClosed
    }
    if !isTaken { job { true } }
  }

  /// Cancels all removals, and waits for the one that is being performed.
  func close() {
    let waiting = state.update { state in
      state.isClosed = true
      defer { state.waiting = [] }
      return state.waiting
    }
    for job in waiting { job { true } }
    state.wait { $0.isRunning ? nil : () }
  }

  private static func next(_ state: Monitor<State>) -> Job? {
    state.wait { state in
      if state.isClosed { return .some(nil) }
      guard !state.waiting.isEmpty else { return nil }
      state.isRunning = true
      return .some(state.waiting.removeFirst())
    }
  }
}
