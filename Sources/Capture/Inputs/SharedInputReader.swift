// SPDX-License-Identifier: Apache-2.0

import Sharing
import Time

/// One stream's part of a shared connection: its units, and the end of the connection.
///
/// The thread of the connection adds units; the thread of the stream's input reads them. The
/// cancellation of the input wakes it by ``wake()``.
package final class SharedInputReader: Sendable {
  /// What follows the waiting units.
  package enum End: Sendable {
    /// The other side has closed the connection, or a file has ended.
    case closed
    /// Another connection replaces this one; its units follow.
    case replaced
    /// The connection has failed.
    case failed(InputError)
  }

  private struct State: Sendable {
    var isOpen = false
    /// The units of the connection, and of its replacements.
    var queues = [UnitQueue()]
    /// How each but the last of `queues` ended, and the last one if it has ended.
    var ends: [End] = []
  }

  /// What the stream's thread has read.
  private struct Progress: Sendable {
    var description: InputDescription?
    var oversized: UInt64 = 0
    var lost: UInt64 = 0
    var notices: [String] = []
    var missed: UInt64 = 0
    var isReplaced = false
  }

  /// The name of the stream.
  package let name: String
  private let state = Monitor(State())
  private let progress = Locked(Progress())

  /// The part of the stream `name` of a connection that is not open yet.
  package init(_ name: String) { self.name = name }

  // MARK: On the thread of the connection

  /// Notes that the connection is open.
  package func open() { state.update { $0.isOpen = true } }

  /// Adds a unit.
  package func add(_ entry: UnitQueue.Entry) {
    state.update { state in
      guard state.ends.count < state.queues.count else { return }
      state.queues[state.queues.count - 1].push(entry)
    }
  }

  /// Ends the connection.
  package func end(_ end: End) {
    state.update { state in
      guard state.ends.count < state.queues.count else { return }
      state.ends.append(end)
      if case .replaced = end { state.queues.append(UnitQueue()) }
    }
  }

  // MARK: On the thread of the stream's input

  /// Blocks until the connection is open.
  ///
  /// - Throws: why it is not open.
  package func waitUntilOpen(_ cancellation: InputCancellation) throws(InputError) {
    let result = wait(cancellation) { state -> Result<Void, InputError>? in
      if case .failed(let error)? = state.ends.first { return .failure(error) }
      return state.isOpen || !state.ends.isEmpty ? .success(()) : nil
    }
    try result.get()
  }

  /// Whether the connection was open.
  package var hasOpened: Bool { state.read { $0.isOpen } }

  /// The streams of the connection at the last unit; nil before the first.
  var description: InputDescription? { progress.withLock { $0.description } }

  /// The number of access units that were left out before the last unit.
  var oversized: UInt64 { progress.withLock { $0.oversized } }

  /// The number of packets that were lost or damaged before the last unit.
  var lost: UInt64 { progress.withLock { $0.lost } }

  /// The notices about the connection before the last unit, oldest first.
  var notices: [String] { progress.withLock { $0.notices } }

  /// The number of access units that the stream has lost on this connection.
  var missed: UInt64 { progress.withLock { $0.missed } }

  /// Whether the connection that was read has been replaced by another one.
  var isReplaced: Bool { progress.withLock { $0.isReplaced } }

  /// The next unit; nil at the end of the connection.
  ///
  /// Blocks.
  func read(_ cancellation: InputCancellation) throws(InputError) -> InputUnit? {
    let result = wait(cancellation) { [progress] state -> Result<InputUnit?, InputError>? in
      let dropped = state.queues[0].dropped
      if let entry = state.queues[0].pop() {
        progress.withLock { progress in
          progress.description = entry.description
          // bounded: counters may wrap
          progress.oversized &+= entry.oversized
          progress.lost &+= entry.lost
          progress.notices += entry.notices
          progress.missed = dropped
          progress.isReplaced = false
        }
        return .success(entry.unit)
      }
      switch state.ends.first {
      case nil: return nil
      case .closed:
        progress.withLock { $0.isReplaced = false }
        return .success(nil)
      case .failed(let error): return .failure(error)
      case .replaced:
        state.queues.removeFirst()
        state.ends.removeFirst()
        progress.withLock { $0 = Progress(isReplaced: true) }
        return .success(nil)
      }
    }
    return try result.get()
  }

  private func wait<Value: Sendable>(
    _ cancellation: InputCancellation,
    _ take: (inout State) -> Result<Value, InputError>?
  ) -> Result<Value, InputError> {
    state.wait { cancellation.isCancelled ? .failure(.cancelled) : take(&$0) }
  }

  /// Wakes the stream's thread, whose cancellation may be set.
  package func wake() { state.update { _ in } }
}
