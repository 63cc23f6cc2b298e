// SPDX-License-Identifier: Apache-2.0

package import Time

/// The presence of a pulled input, by the events of its connections: a pure state machine.
///
/// A source is away until a connection supplies a frame, then it is online. After ``SilenceLimit``
/// without a unit it is silent, and resuming from the next unit to the first access unit after it.
/// Each event returns its action for log and counters.
package struct SourcePresence: Sendable {
  /// The presence of the source.
  package enum State: Sendable, Equatable { case away, online, silent, resuming }

  /// A log line and a change of the counters.
  package enum Action: Sendable, Equatable {
    /// A frame arrived; `isReturn` if the source was online before.
    case opened(isReturn: Bool)
    /// No unit arrived for the limit of ``SilenceLimit``.
    case fellSilent
    /// An access unit arrived after a silence.
    case resumed
    /// The connection was lost or refused; `isRepeated` if there was no frame since the last loss.
    case lost(isRepeated: Bool, hasBeenOnline: Bool)
    /// Another connection replaces this one.
    case replaced
    /// The file or standard input has ended.
    case ended
  }

  private enum Frames { case neverSeen, missing, seen }
  private enum Silence { case none, silent, heardAgain, skippedFirst }

  private var frames = Frames.neverSeen
  private var silence = Silence.none
  /// The arrivals on this connection.
  private var arrivals = SilenceLimit()
  private var isLossReported = false
  private var retry: RetryPlan

  /// A source that is away; a listener waits for its sender.
  package init(isListener: Bool) { retry = RetryPlan(isListener: isListener) }

  /// The presence of the source.
  package var state: State {
    switch silence {
    case .none: frames == .seen ? .online : .away
    case .silent: .silent
    case .heardAgain, .skippedFirst: .resuming
    }
  }

  /// Whether the source was online at any time.
  package var hasBeenOnline: Bool { frames != .neverSeen }

  /// When the connection will be silent if nothing arrives; nil if nothing arrived on it.
  package var silentFrom: MonotonicTime? { arrivals.silentFrom }

  /// When a second connection is tried if nothing arrives; nil if nothing arrived on this one.
  package var standbyFrom: MonotonicTime? { arrivals.standbyFrom }

  /// How long a connection may supply nothing until it is silent.
  package var silenceLimit: Interval { arrivals.limit }

  /// Notes that a unit arrived.
  package mutating func heard(at now: MonotonicTime) {
    arrivals.heard(at: now)
    if silence == .silent { silence = .heardAgain }
  }

  /// Looks for silence.
  package mutating func check(at now: MonotonicTime) -> Action? {
    guard silence != .silent, let silentFrom, now >= silentFrom else { return nil }
    silence = .silent
    return .fellSilent
  }

  /// Notes that an access unit is to be used.
  ///
  /// - Parameter isDelayed: whether units arrive one late, because the demuxer waits for the next
  ///   one: the first after a silence is then from before it.
  /// - Returns: whether to skip the unit.
  package mutating func videoArrived(isDelayed: Bool) -> (isSkipped: Bool, action: Action?) {
    if silence == .heardAgain, isDelayed {
      silence = .skippedFirst
      return (true, nil)
    }
    guard state == .resuming else { return (false, nil) }
    silence = .none
    return (false, .resumed)
  }

  /// Notes that a frame arrived.
  package mutating func frameArrived() -> Action? {
    guard frames != .seen else { return nil }
    defer { frames = .seen }
    isLossReported = false
    retry.succeeded()
    return .opened(isReturn: hasBeenOnline)
  }

  /// Notes that the connection was lost, or none could be opened.
  ///
  /// - Returns: the action, and when to connect again.
  package mutating func lost(at now: MonotonicTime, isDenied: Bool) -> (
    action: Action, retryAt: MonotonicTime
  ) {
    defer {
      disconnect()
      isLossReported = true
    }
    return (
      .lost(isRepeated: isLossReported, hasBeenOnline: hasBeenOnline),
      retry.failed(at: now, isDenied: isDenied)
    )
  }

  /// Notes that the standby connection replaces this one.
  package mutating func replaced() -> Action {
    disconnect()
    return .replaced
  }

  /// Notes that the source has ended.
  package mutating func ended() -> Action {
    disconnect()
    return .ended
  }

  private mutating func disconnect() {
    if frames == .seen { frames = .missing }
    silence = .none
    arrivals.disconnect()
  }
}
