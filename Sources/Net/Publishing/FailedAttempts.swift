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
  /// The largest number of addresses; above it the one that failed first is forgotten.
  private static let capacity = 4096

  private var failures: [PeerAddress: (count: Int, last: MonotonicTime)] = [:]

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
    let known = failures[peer.owner].flatMap { now - $0.last < Self.waitingTime ? $0.count : nil }
    if known == nil, failures.count >= Self.capacity {
      failures = failures.filter { now - $0.value.last < Self.waitingTime }
      if failures.count >= Self.capacity,
        let oldest = failures.min(by: { $0.value.last < $1.value.last })
      {
        failures[oldest.key] = nil
      }
    }
    failures[peer.owner] = (min(known ?? 0, Self.limit) + 1, now)
  }

  /// Forgets the failures of an address that has succeeded.
  package mutating func succeed(_ peer: PeerAddress) { failures[peer.owner] = nil }
}
