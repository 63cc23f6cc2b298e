// SPDX-License-Identifier: Apache-2.0

package import Net
package import Time

/// Decides which attempts with a viewer password are computed, and when: a pure state machine.
///
/// Each attempt costs 32 MB and some 60 ms of a processor, so few are computed at the same time,
/// and others are refused before that. After five wrong passwords for a stream an address waits
/// for a minute. After a hundred wrong ones of all addresses in an hour, attempts for the stream
/// begin at intervals.
package struct PasswordGate: Sendable {
  /// An attempt that was admitted.
  package struct Attempt: Sendable, Equatable {
    package let number: UInt64
    package let stream: String
    let owner: PeerAddress
  }

  /// The most attempts that are computed at the same time.
  package static let computing = 2
  /// The most attempts that wait for that.
  package static let waiting = 16
  /// The most of them for streams that are slowed: others keep their places.
  package static let waitingSlowed = 8
  /// The wrong passwords of one stream within ``span`` from which its attempts are slowed.
  package static let wrongLimit = 100
  /// How long wrong passwords of a stream count.
  package static let span = Interval.seconds(3600)
  /// The interval between two attempts for a stream that is slowed.
  package static let pace = Interval.seconds(2)
  /// When an address whose attempt is in progress should try again.
  private static let ownWait = Interval.seconds(1)
  /// When a client should try again while too many wait.
  private static let fullWait = Interval.seconds(5)
  /// The most streams whose wrong passwords are counted; each is a stream with a password.
  private static let streamLimit = 4096

  private var failures = FailedAttempts()
  /// The newest wrong passwords by stream, the oldest first, at most ``wrongLimit``.
  private var wrong: [String: [MonotonicTime]] = [:]
  /// When the next attempt for a stream that is slowed may begin.
  private var turns: [String: MonotonicTime] = [:]
  private var queue: [Attempt] = []
  private var running: [Attempt] = []
  private var lastNumber: UInt64 = 0

  /// No attempts.
  package init() {}

  /// Admits an attempt, or refuses it before anything is computed.
  ///
  /// - Parameters:
  ///   - stream: the stream.
  ///   - peer: the client.
  ///   - now: the present time.
  /// - Returns: the attempt, which waits until ``next(at:)`` returns it.
  /// - Throws: the reason for the client, with the time after which it may try again.
  package mutating func admit(
    for stream: String, by peer: PeerAddress, at now: MonotonicTime
  ) throws(AccessRefusal) -> Attempt {
    if let wait = failures.wait(of: peer, for: .playback(stream), at: now) {
      throw .tooManyFailures(wait: wait)
    }
    let owner = peer.owner
    guard !(queue + running).contains(where: { $0.owner == owner }) else {
      throw .busy(wait: Self.ownWait)
    }
    guard queue.count < Self.waiting,
      !isSlowed(stream, at: now)
        || queue.count(where: { isSlowed($0.stream, at: now) }) < Self.waitingSlowed
    else { throw .busy(wait: Self.fullWait) }
    lastNumber &+= 1  // bounded: attempts are counted
    let attempt = Attempt(number: lastNumber, stream: stream, owner: owner)
    queue.append(attempt)
    return attempt
  }

  /// The next attempt to be computed; nil if none may begin now.
  package mutating func next(at now: MonotonicTime) -> Attempt? {
    guard running.count < Self.computing,
      let index = queue.firstIndex(where: { turn(of: $0.stream, at: now) <= now })
    else { return nil }
    let attempt = queue.remove(at: index)
    running.append(attempt)
    if isSlowed(attempt.stream, at: now) { turns[attempt.stream] = now + Self.pace }
    return attempt
  }

  /// When ``next(at:)`` may return an attempt without another change; `.distantFuture` for never.
  package func nextTime(at now: MonotonicTime) -> MonotonicTime {
    guard running.count < Self.computing else { return .distantFuture }
    return queue.reduce(.distantFuture) { min($0, turn(of: $1.stream, at: now)) }
  }

  /// Notes the result of an attempt that ``next(at:)`` has returned; nil if it could not be
  /// computed.
  package mutating func finish(_ attempt: Attempt, isRight: Bool?, at now: MonotonicTime) {
    running.removeAll { $0.number == attempt.number }
    guard isRight == false else { return }
    failures.fail(attempt.owner, for: .playback(attempt.stream), at: now)
    if wrong[attempt.stream] == nil, wrong.count >= Self.streamLimit { (wrong, turns) = ([:], [:]) }
    let recent = (wrong[attempt.stream] ?? []).filter { now - $0 < Self.span }
    wrong[attempt.stream] = recent.suffix(Self.wrongLimit - 1) + [now]
  }

  /// Forgets the attempts that wait or are computed.
  package mutating func abandon() { (queue, running) = ([], []) }

  /// Whether attempts for a stream are slowed.
  package func isSlowed(_ stream: String, at now: MonotonicTime) -> Bool {
    guard let times = wrong[stream], times.count >= Self.wrongLimit, let oldest = times.first
    else { return false }
    return now - oldest < Self.span
  }

  /// When an attempt for a stream may begin.
  private func turn(of stream: String, at now: MonotonicTime) -> MonotonicTime {
    isSlowed(stream, at: now) ? turns[stream] ?? .distantPast : .distantPast
  }
}
