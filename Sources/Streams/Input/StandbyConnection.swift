// SPDX-License-Identifier: Apache-2.0

import Capture
import Sharing
import Time

/// A second connection to a silent source, tried beside the first when media that a line held for a
/// second or two would have arrived.
///
/// A camera that lost power, or a sender that was killed, is usually back long before the first
/// connection times out. A sender that only paused resumes on the first connection, which is still
/// open. The connection that supplies a unit first is kept.
final class StandbyConnection: Sendable {
  /// The time from one attempt to the next.
  private static let interval = Interval.milliseconds(500)

  private struct State: Sendable {
    var current: InputCancellation?
    var candidate: InputCancellation?
    var ready: OpenedConnection?
  }

  private let input: any StandbyOwner
  private let state = Locked(State())

  init(_ input: any StandbyOwner) { self.input = input }

  // MARK: On the input's thread

  /// Notes a new connection; `cancellation` ends it.
  func begin(_ cancellation: InputCancellation) {
    state.withLock { $0 = State(current: cancellation) }
  }

  /// Notes that the connection supplied a unit.
  func heard(at now: MonotonicTime) {
    input.heard(at: now)
    state.withLock { $0.candidate?.cancel() }
  }

  /// Notes that the connection has ended.
  ///
  /// - Returns: the connection that replaces it.
  func end() -> OpenedConnection? {
    state.withLock { state in
      state.candidate?.cancel()
      defer { state = State() }
      return state.ready
    }
  }

  // MARK: On its thread

  /// Runs until the input is stopped.
  func run() {
    while !input.isStopped {
      let now = SystemClock.monotonicTime
      input.checkPublisher(at: now)
      let due = input.silentFrom ?? now
      if due > now {
        SystemClock.sleep(until: min(due, now + .milliseconds(200)))
        continue
      }
      input.checkSilence(at: now)
      if input.reconnects, let candidate = candidate(at: now) { try? offer(candidate) }
      let tried = SystemClock.monotonicTime
      let next = tried + Self.interval
      SystemClock.sleep(until: input.standbyFrom.map { $0 > tried ? min($0, next) : next } ?? next)
    }
  }

  private func candidate(at now: MonotonicTime) -> InputCancellation? {
    state.withLock { [input] state in
      guard input.needsStandby(at: now), state.ready == nil else { return nil }
      let candidate = InputCancellation(parent: input.cancellation)
      state.candidate = candidate
      return candidate
    }
  }

  private func offer(_ candidate: InputCancellation) throws(InputError) {
    var connection = try InputConnection(
      input.address, options: input.options, texts: input.texts, cancellation: candidate)
    guard let first = try connection.nextUnit() else { return }
    let opened = OpenedConnection(connection, first: first, candidate)
    state.withLock { state in
      guard state.candidate === candidate, !candidate.isCancelled else { return }
      state.candidate = nil
      state.ready = opened
      state.current?.cancel()
    }
  }
}

/// The owner of a connection beside which a second one is opened while it is silent.
protocol StandbyOwner: AnyObject, Sendable {
  var address: InputAddress { get }
  var options: InputOptions { get }
  /// Raised if, or as soon as, the texts of subtitles are wanted.
  var texts: OnceFlag { get }
  /// Ends all connections.
  var cancellation: InputCancellation { get }
  /// When the connection is silent if nothing arrives; nil if nothing arrived on it.
  var silentFrom: MonotonicTime? { get }
  /// When a second connection is tried if nothing arrives; nil if nothing arrived on this one.
  var standbyFrom: MonotonicTime? { get }
  /// Whether a second connection can reach the source beside the first.
  var reconnects: Bool { get }

  /// Notes that a unit arrived.
  func heard(at now: MonotonicTime)

  /// Looks for silence.
  func checkSilence(at now: MonotonicTime)

  /// Looks for media of a publisher that give no picture.
  func checkPublisher(at now: MonotonicTime)
}

extension StandbyOwner {
  func checkPublisher(at now: MonotonicTime) {}

  /// Whether a connection that has supplied units has been silent for too long.
  func needsStandby(at now: MonotonicTime) -> Bool { standbyFrom.map { $0 <= now } ?? false }

  var isStopped: Bool { cancellation.isCancelled }
}

/// An opened connection with its first unit, to be taken by another thread.
final class OpenedConnection: @unchecked Sendable {
  private var input: InputConnection?
  /// Nil if none was read.
  let first: InputUnit?
  let cancellation: InputCancellation

  init(
    _ input: consuming InputConnection, first: InputUnit?, _ cancellation: InputCancellation
  ) {
    self.input = consume input
    self.first = first
    self.cancellation = cancellation
  }

  /// The connection at the first call, nil afterwards.
  func take() -> InputConnection? { input.take() }
}
