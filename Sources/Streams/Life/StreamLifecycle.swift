// SPDX-License-Identifier: Apache-2.0

/// What a hosted stream does next: a pure state machine, without threads and clocks.
///
/// Times are monotonic nanoseconds.
struct StreamLifecycle {
  /// How long a stream on demand runs while nobody asks for it.
  static let idleTime: Int64 = 15_000_000_000
  /// How long after a failure a stream is tried again.
  static let retryTime: Int64 = 10_000_000_000
  /// How long after a failure a stream on demand may be asked for again.
  static let pauseAfterFailure: Int64 = 5_000_000_000

  /// How far it is.
  enum State: Equatable {
    case idle, starting, live, ended
    /// Nothing happens before this time.
    case failed(until: Int64)
  }

  /// What is wanted of it.
  enum DesiredState: Equatable {
    case idle, running
    /// It goes for good: with an end for its players, or as if another process went on.
    case over(isEnding: Bool)
  }

  /// What is to be done.
  enum Action: Equatable {
    case begin
    /// Stop what runs or starts, without an end for players.
    case stop
    case quit(isEnding: Bool)
    case wait(until: Int64)
  }

  let isOnDemand: Bool
  let isRetried: Bool
  private(set) var state = State.idle
  private(set) var desired = DesiredState.idle

  init(isOnDemand: Bool, isRetried: Bool) {
    self.isOnDemand = isOnDemand
    self.isRetried = isRetried
  }

  /// Says what is wanted; what goes for good cannot be wanted again.
  mutating func want(_ desired: DesiredState) {
    if case .over = self.desired { return }
    self.desired = desired
  }

  /// The start has succeeded.
  mutating func opened() {
    if state == .starting { state = .live }
  }

  /// The start or what ran has failed.
  mutating func failed(_ now: Int64) {
    if isOnDemand {
      state = .failed(until: now + Self.pauseAfterFailure)
    } else {
      state = .failed(until: isRetried ? now + Self.retryTime : .max)
    }
  }

  /// What ran shall begin anew at once, as something else was learnt of its source.
  mutating func renew() {
    if state == .live { state = .idle }
  }

  /// The source of what ran has ended for good.
  mutating func sourceEnded() {
    if state == .live { state = .ended }
  }

  /// What to do now; `lastUse` is when the stream was asked for last.
  mutating func next(_ now: Int64, lastUse: Int64) -> Action {
    if case .over(let isEnding) = desired { return .quit(isEnding: isEnding) }
    switch state {
    case .idle:
      guard desired == .running else { return .wait(until: .max) }
      state = .starting
      return .begin
    case .failed(let until):
      guard now >= until else { return .wait(until: until) }
      state = .idle
      if isOnDemand { desired = .idle }
      return .stop
    case .starting, .live, .ended:
      let isUnused = isOnDemand && now - lastUse >= Self.idleTime
      guard desired == .idle || isUnused else {
        return .wait(until: isOnDemand ? lastUse + Self.idleTime : .max)
      }
      state = .idle
      desired = .idle
      return .stop
    }
  }
}
