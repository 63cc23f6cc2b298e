// SPDX-License-Identifier: Apache-2.0

package import Net
package import Time

/// Wrong secrets by the address that gave them and by their subject: a pure state machine.
///
/// After ``limit`` failures an address waits until none is younger than ``waitingTime``. A right
/// secret of one stream proves nothing about another one, so it ends no other wait.
package struct FailedAttempts: Sendable {
  /// The streams or routes that a secret protects.
  package enum Subject: Hashable, Sendable {
    /// The stream of this name, which exists.
    case stream(String)
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
      case .stream, .newStreams, .administration: true
      case .paths, .names, .passphrase: false
      }
    }
  }

  private struct Key: Hashable {
    let owner: PeerAddress
    let subject: Subject
  }

  /// The number of failures after which an address waits.
  package static let limit = 5
  /// How long an address waits after its last failure.
  package static let waitingTime = Interval.seconds(60)
  /// The shortest interval between two ``trial``s of an address that waits.
  package static let trialInterval = Interval.seconds(1)
  /// The largest number of addresses and subjects; above it the one that failed first is forgotten.
  private static let capacity = 4096

  private struct Failures {
    var count = 0
    var last: MonotonicTime
    /// When a secret was tried last while the address waited.
    var trial: MonotonicTime?
  }

  private var failures: [Key: Failures] = [:]

  /// No failures.
  package init() {}

  /// How long an address must still wait; nil if it need not.
  package func wait(
    of peer: PeerAddress, for subject: Subject, at now: MonotonicTime
  ) -> Interval? {
    guard let found = failures[Key(owner: peer.owner, subject: subject)],
      found.count >= Self.limit
    else { return nil }
    let wait = found.last + Self.waitingTime - now
    return wait > .zero ? wait : nil
  }

  /// Counts a failure.
  package mutating func fail(_ peer: PeerAddress, for subject: Subject, at now: MonotonicTime) {
    let key = Key(owner: peer.owner, subject: subject)
    let known = failures[key].flatMap { now - $0.last < Self.waitingTime ? $0 : nil }
    if known == nil, failures.count >= Self.capacity {
      failures = failures.filter { now - $0.value.last < Self.waitingTime }
      if failures.count >= Self.capacity,
        let oldest = failures.min(by: { $0.value.last < $1.value.last })
      {
        failures[oldest.key] = nil
      }
    }
    failures[key] = Failures(
      count: min(known?.count ?? 0, Self.limit) + 1, last: now, trial: known?.trial)
  }

  /// How long an address that waits may try no secret nevertheless; nil if it may try one.
  package func trialWait(
    of peer: PeerAddress, for subject: Subject, at now: MonotonicTime
  ) -> Interval? {
    guard let trial = failures[Key(owner: peer.owner, subject: subject)]?.trial else { return nil }
    let wait = trial + Self.trialInterval - now
    return wait > .zero ? wait : nil
  }

  /// An address that waits has tried a wrong secret; its waiting time stays the same.
  package mutating func trial(_ peer: PeerAddress, for subject: Subject, at now: MonotonicTime) {
    failures[Key(owner: peer.owner, subject: subject)]?.trial = now
  }

  /// Forgets the failures of an address that has given a right secret.
  package mutating func succeed(_ peer: PeerAddress, for subject: Subject) {
    guard subject.endsWithSuccess else { return }
    failures[Key(owner: peer.owner, subject: subject)] = nil
  }
}
