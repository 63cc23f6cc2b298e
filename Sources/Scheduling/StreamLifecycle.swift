// SPDX-License-Identifier: Apache-2.0

package import Time

/// The next step of a stream, from session to session: a pure state machine.
package struct StreamLifecycle: Sendable {
  /// How long a stream on demand runs without a request.
  private static let idleTimeout = Interval.seconds(15)
  /// How long after a failure a stream is retried.
  private static let retryInterval = Interval.seconds(10)
  /// How long after a failure a stream on demand ignores requests.
  private static let pauseAfterFailure = Interval.seconds(5)

  /// The state of the stream.
  package enum State: Sendable, Equatable {
    case idle, starting, live, ended
    /// No session before this time.
    case failed(until: MonotonicTime)
  }

  /// The requested state.
  package enum DesiredState: Sendable, Equatable {
    case idle, running
    /// Removed: with an end for its players, or without, as if another process continued it.
    case over(isEnding: Bool)
  }

  /// The next step.
  package enum Action: Sendable, Equatable {
    case begin
    /// Stop the session or its start, without an end for players.
    case stop
    case quit(isEnding: Bool)
    case wait(until: MonotonicTime)
  }

  private let isOnDemand: Bool
  private let isRetried: Bool
  /// The state of the stream.
  package private(set) var state = State.idle
  private var desired = DesiredState.idle

  /// An idle stream.
  ///
  /// - Parameters:
  ///   - isOnDemand: whether it runs only while it is requested.
  ///   - isRetried: whether it starts again after a failure.
  package init(isOnDemand: Bool, isRetried: Bool) {
    self.isOnDemand = isOnDemand
    self.isRetried = isRetried
  }

  /// Requests a state; a removed stream stays removed.
  package mutating func want(_ desired: DesiredState) {
    if case .over = self.desired { return }
    self.desired = desired
  }

  /// Notes that the start has succeeded.
  package mutating func opened() {
    if state == .starting { state = .live }
  }

  /// Notes that the start or the session has failed.
  package mutating func failed(_ now: MonotonicTime) {
    if isOnDemand {
      state = .failed(until: now + Self.pauseAfterFailure)
    } else {
      state = .failed(until: isRetried ? now + Self.retryInterval : .distantFuture)
    }
  }

  /// When the stream starts again after a failure; nil if it does not, or upon a request only.
  package var retryAt: MonotonicTime? {
    guard case .failed(let until) = state, isRetried, !isOnDemand else { return nil }
    return until
  }

  /// Notes that the session must be replaced at once by one with another configuration.
  package mutating func renew() {
    if state == .live { state = .idle }
  }

  /// Notes that the source of the session has ended.
  package mutating func sourceEnded() {
    if state == .live { state = .ended }
  }

  /// The next step at `now`; `lastUse` is the time of the last request.
  package mutating func next(_ now: MonotonicTime, lastUse: MonotonicTime) -> Action {
    if case .over(let isEnding) = desired { return .quit(isEnding: isEnding) }
    switch state {
    case .idle:
      guard desired == .running else { return .wait(until: .distantFuture) }
      state = .starting
      return .begin
    case .failed(let until):
      guard now >= until else { return .wait(until: until) }
      state = .idle
      if isOnDemand { desired = .idle }
      return .stop
    case .starting, .live, .ended:
      let isUnused = isOnDemand && now - lastUse >= Self.idleTimeout
      guard desired == .idle || isUnused else {
        return .wait(until: isOnDemand ? lastUse + Self.idleTimeout : .distantFuture)
      }
      state = .idle
      desired = .idle
      return .stop
    }
  }
}
