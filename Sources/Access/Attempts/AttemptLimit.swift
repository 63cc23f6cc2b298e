// SPDX-License-Identifier: Apache-2.0

package import Net
import Sharing
import System
package import Time

/// Slows down addresses that give wrong secrets or start many streams, and counts all refusals, for
/// all threads.
///
/// After five wrong secrets of a subject an address waits for a minute. Right tokens of players and
/// of administrators are accepted nevertheless, since other clients have the same address: for them
/// this is no defence against guessing, the length of token or signature is. For keys of publishers
/// see ``FailedAttempts/compare(_:with:of:for:at:)``.
package final class AttemptLimit: Sendable {
  private struct State {
    /// A table for each area: failures in one make those in another not forgotten sooner.
    var failures: [FailedAttempts.Area: FailedAttempts] = [:]
    var starts: StartLimits
    var counts: [FailedAttempts.Area: [AccessRefusal.Reason?: UInt64]] = [:]
    var refusedStarts: UInt64 = 0
    /// When a refusal of `/api` and its like was logged.
    var logged = MonotonicTime.distantPast

    mutating func count(_ refusal: AccessRefusal, _ area: FailedAttempts.Area) {
      counts[area, default: [:]][refusal.reason, default: 0] += 1
    }
  }

  private let state: Locked<State>

  /// No attempts yet; `starts` limits the starts of streams on demand.
  package init(starts: StartLimits = .none) { state = Locked(State(starts: starts)) }

  // MARK: Counts

  /// The number of refusals in an area.
  package func count(_ area: FailedAttempts.Area) -> UInt64 {
    state.withLock { $0.counts[area]?.values.reduce(0, +) ?? 0 }
  }

  /// The number of refusals in an area for one reason.
  package func count(_ area: FailedAttempts.Area, _ reason: AccessRefusal.Reason) -> UInt64 {
    state.withLock { $0.counts[area]?[reason] ?? 0 }
  }

  /// The number of streams on demand that were not started.
  package var refusedStarts: UInt64 { state.withLock { $0.refusedStarts } }

  /// Counts a refusal that another limit has decided.
  func count(_ refusal: AccessRefusal, in area: FailedAttempts.Area) {
    state.withLock { $0.count(refusal, area) }
  }

  /// Whether no refusal was logged within the last minute; one is logged now.
  func mayLog(at now: MonotonicTime) -> Bool {
    state.withLock { state in
      guard now - state.logged >= .seconds(60) else { return false }
      state.logged = now
      return true
    }
  }

  // MARK: Secrets

  /// How long an address must wait after its failures; nil if it need not.
  package func wait(
    of peer: PeerAddress, for subject: FailedAttempts.Subject, at now: MonotonicTime
  ) -> Interval? {
    state.withLock { $0.failures[subject.area]?.wait(of: peer, for: subject, at: now) }
  }

  /// Counts a refusal; a wrong secret is a failure of the address.
  ///
  /// - Parameters:
  ///   - refusal: the reason.
  ///   - peer: the address of the client.
  ///   - subject: the requested stream or routes.
  ///   - now: the present time.
  ///   - isSlowed: whether an address that waits gets no other reason; it has no further failure.
  /// - Returns: the reason for the client.
  package func refuse(
    _ refusal: AccessRefusal, of peer: PeerAddress, for subject: FailedAttempts.Subject,
    at now: MonotonicTime, isSlowed: Bool
  ) -> AccessRefusal {
    state.withLock { state in
      var refusal = refusal
      if isSlowed, let wait = state.failures[subject.area]?.wait(of: peer, for: subject, at: now) {
        refusal = .tooManyFailures(wait: wait)
      } else if refusal == .invalid {
        state.failures[subject.area, default: FailedAttempts()].fail(peer, for: subject, at: now)
      }
      state.count(refusal, subject.area)
      return refusal
    }
  }

  /// Counts a failure that another check has found.
  package func fail(
    _ peer: PeerAddress, for subject: FailedAttempts.Subject, at now: MonotonicTime
  ) {
    _ = refuse(.invalid, of: peer, for: subject, at: now, isSlowed: false)
  }

  /// Compares the key that a publisher gave with the right one.
  func compare(
    _ given: String, with key: SecretDigest, of peer: PeerAddress,
    for subject: FailedAttempts.Subject, at now: MonotonicTime
  ) -> AccessDecision {
    state.withLock { state in
      let decision = state.failures[subject.area, default: FailedAttempts()]
        .compare(given, with: key, of: peer, for: subject, at: now)
      if let refusal = decision.refusal { state.count(refusal, subject.area) }
      return decision
    }
  }

  // MARK: Starts

  /// Decides whether a request may start a stream on demand, and counts it.
  ///
  /// - Parameters:
  ///   - peer: the address of the client; nil for one without a limit.
  ///   - count: the number of streams on demand that run.
  ///   - now: the present time.
  /// - Returns: the decision.
  package func start(
    by peer: PeerAddress?, running count: Int, at now: MonotonicTime
  ) -> AccessDecision {
    state.withLock { state in
      guard let refusal = state.starts.start(by: peer, running: count, at: now) else {
        return .granted
      }
      state.refusedStarts += 1
      return .refused(refusal)
    }
  }
}

/// Decides whether a request may start a stream on demand: a pure state machine.
///
/// Any viewer may start such a stream by one request, and each running stream costs an encoder.
package struct StartLimits: Sendable {
  private static let interval = Interval.seconds(60)
  /// The maximum number of kept addresses; each has started a stream within the last minute.
  private static let addressLimit = 10_000

  /// The maximum number of streams on demand that run at the same time.
  let running: Int
  /// The maximum number of starts by one address per minute.
  let starts: Int
  private var recent: [PeerAddress: [MonotonicTime]] = [:]

  /// No limits.
  package static let none = StartLimits(running: .max, starts: .max)

  /// Limits of streams that run, and of starts by one address per minute.
  package init(running: Int, starts: Int) {
    self.running = running
    self.starts = starts
  }

  /// Counts a start, unless it is refused; without an address it has no limit of starts.
  mutating func start(
    by peer: PeerAddress?, running count: Int, at now: MonotonicTime
  ) -> AccessRefusal? {
    guard count < running else { return .tooManyRunning }
    guard let peer else { return nil }
    if recent.count >= Self.addressLimit {
      recent = recent.filter { $0.value.last.map { now - $0 < Self.interval } ?? false }
    }
    let known = (recent[peer.owner] ?? []).filter { now - $0 < Self.interval }
    guard known.count < starts, recent.count < Self.addressLimit else { return .tooManyStarts }
    recent[peer.owner] = known + [now]
    return nil
  }
}
