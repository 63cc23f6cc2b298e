// SPDX-License-Identifier: Apache-2.0

import Net
import System
import Time

/// Wrong secrets by the address that gave them and by their subject: a pure state machine.
///
/// After ``limit`` failures an address waits until none is younger than ``waitingTime``. A right
/// secret of one stream proves nothing about another one, so it ends no other wait.
package struct FailedAttempts: Sendable {
  /// The clients whose failures are in one table.
  package enum Area: Hashable, Sendable {
    case publishing, playback, administration
  }

  /// The streams or routes that a secret protects.
  package enum Subject: Hashable, Sendable {
    /// Publishing to the stream of this name, which exists.
    case stream(String)
    /// Playing the stream of this name.
    case playback(String)
    /// All streams that publishers create: streams of all names have the same key.
    case newStreams
    /// Paths that lead to streams, and names of no stream.
    case paths
    /// Names for new streams that are refused: keys of streams, and names above the limit of
    /// streams. The refusal of a key must not tell a client quickly what the keys are.
    case names
    /// The encryption of the media for the stream of this name; nil for streams that callers
    /// create.
    case passphrase(String?)
    /// `/api`, `/stats`, `/metrics` and times: the admin token.
    case administration

    /// Whether a right secret ends the wait for others.
    ///
    /// A right path leads to one stream, and the wrong ones may have been guesses of another. A
    /// right key of a stream is no passphrase.
    var endsWithSuccess: Bool {
      switch self {
      case .stream, .newStreams: true
      case .paths, .names, .passphrase, .playback, .administration: false
      }
    }

    /// The table of the failures.
    var area: Area {
      switch self {
      case .stream, .newStreams, .paths, .names, .passphrase: .publishing
      case .playback: .playback
      case .administration: .administration
      }
    }
  }

  private struct Key: Hashable {
    let owner: PeerAddress
    let subject: Subject
  }

  /// The number of failures after which an address waits.
  static let limit = 5
  /// How long an address waits after its last failure.
  static let waitingTime = Interval.seconds(60)
  /// The shortest interval between two ``trial``s of an address that waits.
  static let trialInterval = Interval.seconds(1)
  /// The largest number of addresses and subjects; above it some that failed first are forgotten.
  private static let capacity = 4096
  /// How many are forgotten at once, since the search for them takes the time of all.
  private static let forgottenAtOnce = 256

  private struct Failures {
    var count = 0
    var last: MonotonicTime
    /// When a secret was tried last while the address waited.
    var trial: MonotonicTime?
  }

  private var failures: [Key: Failures] = [:]

  /// No failures.
  init() {}

  /// How long an address must still wait; nil if it need not.
  func wait(
    of peer: PeerAddress, for subject: Subject, at now: MonotonicTime
  ) -> Interval? {
    guard let found = failures[Key(owner: peer.owner, subject: subject)],
      found.count >= Self.limit
    else { return nil }
    let wait = found.last + Self.waitingTime - now
    return wait > .zero ? wait : nil
  }

  /// Counts a failure.
  mutating func fail(_ peer: PeerAddress, for subject: Subject, at now: MonotonicTime) {
    let key = Key(owner: peer.owner, subject: subject)
    let known = failures[key].flatMap { now - $0.last < Self.waitingTime ? $0 : nil }
    if known == nil, failures.count >= Self.capacity { forget(at: now) }
    failures[key] = Failures(
      count: min(known?.count ?? 0, Self.limit) + 1, last: now, trial: known?.trial)
  }

  private mutating func forget(at now: MonotonicTime) {
    failures = failures.filter { now - $0.value.last < Self.waitingTime }
    guard failures.count >= Self.capacity else { return }
    for (key, _) in failures.sorted(by: { $0.value.last < $1.value.last })
      .prefix(Self.forgottenAtOnce)
    {
      failures[key] = nil
    }
  }

  /// How long an address that waits may try no secret nevertheless; nil if it may try one.
  private func trialWait(
    of peer: PeerAddress, for subject: Subject, at now: MonotonicTime
  ) -> Interval? {
    guard let trial = failures[Key(owner: peer.owner, subject: subject)]?.trial else { return nil }
    let wait = trial + Self.trialInterval - now
    return wait > .zero ? wait : nil
  }

  /// An address that waits has tried a wrong secret; its waiting time stays the same.
  private mutating func trial(_ peer: PeerAddress, for subject: Subject, at now: MonotonicTime) {
    failures[Key(owner: peer.owner, subject: subject)]?.trial = now
  }

  /// Forgets the failures of an address that has given a right secret.
  private mutating func succeed(_ peer: PeerAddress, for subject: Subject) {
    guard subject.endsWithSuccess else { return }
    failures[Key(owner: peer.owner, subject: subject)] = nil
  }

  /// Compares the key that a publisher gave with the right one.
  ///
  /// While an address waits, the right key is accepted nevertheless if it has
  /// ``SecretDigest/longLength`` characters: the client that tries others may only have the same
  /// address. One key of that length per second is compared; further attempts are refused unseen.
  /// A random key cannot be guessed at that rate.
  mutating func compare(
    _ given: String, with key: SecretDigest, of peer: PeerAddress, for subject: Subject,
    at now: MonotonicTime
  ) -> AccessDecision {
    // Failures are kept: those of another client of the address would begin again.
    if let wait = wait(of: peer, for: subject, at: now) {
      guard !SecretDigest.isShort(given) else { return .refused(.tooManyFailures(wait: wait)) }
      if let wait = trialWait(of: peer, for: subject, at: now) {
        return .refused(.tooManyFailures(wait: wait))
      }
      if key.matches(given) { return .granted }
      trial(peer, for: subject, at: now)
      return .refused(.tooManyFailures(wait: Self.trialInterval))
    }
    guard key.matches(given) else {
      fail(peer, for: subject, at: now)
      return .refused(.invalid)
    }
    succeed(peer, for: subject)
    return .granted
  }
}
