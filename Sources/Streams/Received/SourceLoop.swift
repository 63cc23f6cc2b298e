// SPDX-License-Identifier: Apache-2.0

import Sharing
import Time

/// The thread of a source whose media another process or server sends, and those that wait for it.
///
/// It runs once.
final class SourceLoop<
  Connection: Sendable, Facts: Sendable, Failure: Error, Receiver: Sendable
>: Sendable {
  typealias Lifecycle = SourceLifecycle<Connection, Facts, Failure, Receiver>

  private let state = Monitor(Lifecycle())

  /// The newest state.
  var lifecycle: Lifecycle { state.update { $0 } }

  /// Changes the state and wakes those that wait for it.
  func update<Value: Sendable>(_ body: @Sendable (inout Lifecycle) -> Value) -> Value {
    state.update { lifecycle in
      var copy = lifecycle
      defer { lifecycle = copy }
      return body(&copy)
    }
  }

  /// Starts the thread, which calls `run`, and blocks until the facts are known.
  ///
  /// - Throws: why they will never be known.
  func begin(
    _ name: String, noThread: Failure, cancelled: Failure,
    _ run: @escaping @Sendable () -> Void
  ) throws(Failure) -> Facts {
    guard OSThread(name: name, run) != nil else {
      update { _ = $0.end() }
      throw noThread
    }
    return try state.wait { state in
      state.isStopped ? .failure(cancelled) : state.facts
    }.get()
  }

  /// Calls `attempt` at `time`, and then at each time that it returns, until it returns nil or the
  /// source is stopped.
  func run(at time: MonotonicTime, _ attempt: () -> MonotonicTime?) {
    var next: MonotonicTime? = time
    while let time = next {
      let isStopped: Bool? = state.wait(until: time) { $0.isStopped ? true : nil }
      guard isStopped != true else { return }
      next = attempt()
    }
  }

  /// Blocks until there is a session.
  ///
  /// - Returns: nil if the source is stopped.
  func waitForReceiver() -> Receiver? {
    state.wait { state -> Receiver?? in
      if state.isStopped { return .some(nil) }
      return state.receiver.map { .some($0) }
    }
  }

  /// Blocks until the thread has ended.
  ///
  /// - Returns: false at `deadline`.
  func waitUntilOver(_ deadline: MonotonicTime) -> Bool {
    state.wait(until: deadline) { if case .over = $0.phase { true } else { nil } } ?? false
  }
}
