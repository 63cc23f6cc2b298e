// SPDX-License-Identifier: Apache-2.0

package import Time

/// Failed attempts to publish, by address: a pure state machine.
///
/// After ``limit`` failures an address waits until none is younger than ``waitingTime``.
package struct FailedAttempts: Sendable {
  /// The number of failures after which an address waits.
  package static let limit = 5
  /// How long an address waits after its last failure.
  package static let waitingTime = Interval.seconds(60)
  /// The shortest interval between two ``trial``s of an address that waits.
  package static let trialInterval = Interval.seconds(1)
  /// The largest number of addresses; above it the one that failed first is forgotten.
  private static let capacity = 4096

  private struct Failures {
    var count = 0
    var last: MonotonicTime
    /// When a secret was tried last while the address waited.
    var trial: MonotonicTime?
  }

  private var failures: [PeerAddress: Failures] = [:]

  /// No failures.
  package init() {}

  /// Whether an address must wait.
  package func mustWait(_ peer: PeerAddress, at now: MonotonicTime) -> Bool {
    guard let found = failures[peer.owner], now - found.last < Self.waitingTime else {
      return false
    }
    return found.count >= Self.limit
  }

  /// Counts a failure.
  package mutating func fail(_ peer: PeerAddress, at now: MonotonicTime) {
    let known = failures[peer.owner].flatMap { now - $0.last < Self.waitingTime ? $0 : nil }
    if known == nil, failures.count >= Self.capacity {
      failures = failures.filter { now - $0.value.last < Self.waitingTime }
      if failures.count >= Self.capacity,
        let oldest = failures.min(by: { $0.value.last < $1.value.last })
      {
        failures[oldest.key] = nil
      }
    }
    failures[peer.owner] = Failures(
      count: min(known?.count ?? 0, Self.limit) + 1, last: now, trial: known?.trial)
  }

  /// Whether an address that waits may try a secret nevertheless.
  package func mayTry(_ peer: PeerAddress, at now: MonotonicTime) -> Bool {
    guard let trial = failures[peer.owner]?.trial else { return true }
    return now - trial >= Self.trialInterval
  }

  /// An address that waits has tried a wrong secret; its waiting time stays the same.
  package mutating func trial(_ peer: PeerAddress, at now: MonotonicTime) {
    failures[peer.owner]?.trial = now
  }

  /// Forgets the failures of an address that has succeeded.
  package mutating func succeed(_ peer: PeerAddress) { failures[peer.owner] = nil }
}
