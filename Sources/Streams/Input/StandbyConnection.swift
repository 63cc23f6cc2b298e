// SPDX-License-Identifier: Apache-2.0

import Capture
import Logging
import Sharing

/// A second connection to a source that has fallen silent, tried beside the first.
///
/// Whose power failed, or who was killed where the transport does not say so, is there again long before the first
/// connection is given up; who only paused goes on over the first, which nobody has closed. The first of the two
/// that gives something is kept.
final class StandbyConnection: Sendable {
  /// An opened input, on its way from one thread to another, and what it gave first.
  final class Opened: @unchecked Sendable {
    private var input: NetworkInput?
    let first: InputUnit
    let cancellation: InputCancellation

    init(_ input: consuming NetworkInput, first: InputUnit, _ cancellation: InputCancellation) {
      self.input = consume input
      self.first = first
      self.cancellation = cancellation
    }

    /// The input; once.
    func take() -> NetworkInput? { input.take() }
  }

  /// After so long without anything the second is tried, and tried again; nanoseconds.
  static var patience: (first: Int64, again: Int64) { (1_000_000_000, 500_000_000) }

  private struct State: Sendable {
    /// When the connection gave something; nil while there is none, or none that has given anything.
    var heard: Int64?
    var current: InputCancellation?
    var candidate: InputCancellation?
    var ready: Opened?
    /// Whether it was told that nothing comes.
    var isSilenceTold = false
  }

  private let source: NetworkSource
  private let triesAnew: Bool
  private let state = Locked(State())

  init(_ source: NetworkSource) {
    self.source = source
    // Datagrams have no connection: who sends them is heard over the same socket.
    triesAnew = source.address.kind != .udp
  }

  // MARK: The session's side

  /// There is a connection, which `cancellation` ends.
  func begin(_ cancellation: InputCancellation) {
    state.withLock { $0 = State(current: cancellation) }
  }

  /// It gave something.
  ///
  /// - Returns: whether it was told before that nothing comes.
  func hear(at now: Int64) -> Bool {
    state.withLock { state in
      state.heard = now
      state.candidate?.cancel()
      defer { state.isSilenceTold = false }
      return state.isSilenceTold
    }
  }

  /// It has ended.
  ///
  /// - Returns: the connection that takes its place.
  func end() -> Opened? {
    state.withLock { state in
      state.candidate?.cancel()
      defer { state = State() }
      return state.ready
    }
  }

  // MARK: The thread

  /// Runs until the source is stopped.
  func run() {
    while !source.isStopped {
      let now = SystemClock.monotonic
      let due = state.withLock { $0.heard }.map { $0 + Self.patience.first } ?? now
      if due > now {
        SystemClock.sleep(until: min(due, now + 200_000_000))
        continue
      }
      if isSilenceNew(at: now) {
        source.currentTarget?.statistics.withLock { $0.isSourceOnline = false }
        source.log.write(
          .warning, "source-silent", stream: source.name,
          "\(source.address), nothing comes any more; the stream goes on")
      }
      if triesAnew, let own = candidate(at: now) { try? offer(own) }
      SystemClock.sleep(until: SystemClock.monotonic + Self.patience.again)
    }
  }

  private func isSilenceNew(at now: Int64) -> Bool {
    state.withLock { state in
      guard let heard = state.heard, now - heard >= Self.patience.first else { return false }
      defer { state.isSilenceTold = true }
      return !state.isSilenceTold
    }
  }

  private func candidate(at now: Int64) -> InputCancellation? {
    state.withLock { [source] state in
      guard let heard = state.heard, now - heard >= Self.patience.first, state.ready == nil else {
        return nil
      }
      let own = InputCancellation(parent: source.cancellation)
      state.candidate = own
      return own
    }
  }

  private func offer(_ own: InputCancellation) throws(InputError) {
    var input = try NetworkInput(source.address, options: source.options, cancellation: own)
    guard let first = try input.nextUnit() else { return }
    let opened = Opened(input, first: first, own)
    state.withLock { state in
      guard state.candidate === own, !own.isCancelled else { return }
      state.candidate = nil
      state.ready = opened
      state.current?.cancel()
    }
  }
}
