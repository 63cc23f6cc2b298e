// SPDX-License-Identifier: Apache-2.0

import Sharing
package import Time

/// Decides for all threads whether a client may publish a stream, and counts wrong keys.
///
/// After five wrong keys an address waits for a minute. The right key is accepted nevertheless if
/// it has ``longKeyLength`` characters: the client that tries others may only have the same
/// address. Of wrong keys of that length one per second is compared: others are refused whether
/// they are right or not. So a random key is not found, and one that people make only slowly.
package final class PublishCheck: Sendable {
  /// Why a client may not publish.
  package enum Refusal: Error, Equatable {
    /// The client is on another machine, and the stream has no key.
    case notLocal
    case missingKey
    case wrongKey
    /// Too many wrong keys from the address of the client.
    case tooManyFailures
  }

  private struct State {
    var failures = FailedAttempts()
    var refusedCount: UInt64 = 0
  }

  /// The least number of characters of a key that an address may give while it waits.
  ///
  /// Of a path it is the number after the last slash.
  package static let longKeyLength = 16

  /// The rule for streams without a key.
  package let access: PublishAccess
  private let state = Locked(State())

  /// A check for streams with this access.
  package init(_ access: PublishAccess) { self.access = access }

  /// The number of refusals.
  package var refusedCount: UInt64 { state.withLock { $0.refusedCount } }

  /// Why a client may not publish; nil if it may.
  ///
  /// - Parameters:
  ///   - peer: the address of the client.
  ///   - given: the key that the client gave; nil for none.
  ///   - key: the key of the stream; nil for none.
  ///   - now: the present time.
  /// - Returns: the reason of the refusal.
  package func refusal(
    of peer: PeerAddress, given: String?, key: SecretDigest?, at now: MonotonicTime
  ) -> Refusal? {
    state.withLock { [access] state -> Refusal? in
      let refusal = Self.refusal(of: peer, given, key, access, &state.failures, now)
      if refusal != nil { state.refusedCount += 1 }
      return refusal
    }
  }

  /// Whether an address must wait after its failures.
  package func mustWait(_ peer: PeerAddress, at now: MonotonicTime) -> Bool {
    state.withLock { $0.failures.mustWait(peer, at: now) }
  }

  /// Counts a failure that another check has found.
  package func fail(_ peer: PeerAddress, at now: MonotonicTime) {
    state.withLock { state in
      state.failures.fail(peer, at: now)
      state.refusedCount += 1
    }
  }

  private static func refusal(
    of peer: PeerAddress, _ given: String?, _ key: SecretDigest?, _ access: PublishAccess,
    _ failures: inout FailedAttempts, _ now: MonotonicTime
  ) -> Refusal? {
    guard let key else {
      if access.admitsWithoutKey(peer) { return nil }
      return access.mode == .key ? .missingKey : .notLocal
    }
    guard let given else { return .missingKey }
    // Failures are kept: those of another client of the address would begin again.
    if failures.mustWait(peer, at: now) {
      guard isLong(given), failures.mayTry(peer, at: now) else { return .tooManyFailures }
      if key.matches(given) { return nil }
      failures.trial(peer, at: now)
      return .tooManyFailures
    }
    guard key.matches(given) else {
      failures.fail(peer, at: now)
      return .wrongKey
    }
    failures.succeed(peer)
    return nil
  }

  private static func isLong(_ given: String) -> Bool {
    let key = given.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).last
    return (key?.count ?? 0) >= longKeyLength
  }
}
