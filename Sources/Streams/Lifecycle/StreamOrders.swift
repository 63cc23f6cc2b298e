// SPDX-License-Identifier: Apache-2.0

import Scheduling
import Sharing
import Time

/// The orders for the thread of a stream: its wanted state, and the events of its sessions.
final class StreamOrders: Sendable {
  /// An event of a start or of a session, on one of its threads.
  enum Event: Sendable {
    case opened(StreamSession, StartCancellation)
    case notOpened(SessionFailure, StartCancellation)
    case finished(StreamSession, SessionOutcome)
    /// A publisher has begun after the one before.
    case publisherBegan
  }

  private struct State: Sendable {
    var life: StreamLifecycle
    var events: [Event] = []
    /// Whether the stream's thread takes no more events.
    var isClosed = false
  }

  private let state: Monitor<State>
  private let lastUse = Locked(MonotonicTime.origin)

  /// No events.
  init(_ life: StreamLifecycle) { state = Monitor(State(life: life)) }

  /// Changes the wanted state, and wakes the thread.
  @discardableResult
  func update<Value: Sendable>(_ body: (inout StreamLifecycle) -> Value) -> Value {
    state.update { body(&$0.life) }
  }

  /// Notes a request at `now`, without waking the thread.
  func use(_ now: MonotonicTime) { lastUse.withLock { $0 = max($0, now) } }

  /// Adds an event; false if the thread takes no more.
  func tell(_ event: Event) -> Bool {
    state.update { state in
      if !state.isClosed { state.events.append(event) }
      return !state.isClosed
    }
  }

  /// Takes no more events.
  func close() { state.update { $0.isClosed = true } }

  /// Removes and returns the events.
  func takeEvents() -> [Event] {
    state.update { state in
      defer { state.events = [] }
      return state.events
    }
  }

  /// Waits for events, then for the next action.
  func next() -> (StreamLifecycle.Action?, [Event]) {
    var deadline = MonotonicTime.distantFuture
    while true {
      let found: (StreamLifecycle.Action?, [Event])?? = state.wait(until: deadline) {
        [lastUse] state in
        if !state.events.isEmpty {
          defer { state.events = [] }
          return .some((nil, state.events))
        }
        let action = state.life.next(
          SystemClock.monotonicTime, lastUse: lastUse.withLock { $0 })
        if case .wait(let until) = action {
          // A later deadline replaces the present one when the present wait ends.
          return until < deadline ? .some((.wait(until: until), [])) : nil
        }
        return .some((action, []))
      }
      switch found ?? nil {
      case (.wait(let until), _)?: deadline = until
      case let found?: return found
      case nil: deadline = .distantFuture
      }
    }
  }
}
