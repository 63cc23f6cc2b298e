// SPDX-License-Identifier: Apache-2.0

package import Net
import Sharing
package import System
package import Time

/// Decides for all threads whether a client may publish a stream, and counts wrong keys.
///
/// After five wrong keys of a stream an address waits for a minute before others of this stream are
/// compared. The right key is accepted nevertheless if it has ``SecretDigest/longLength``
/// characters: the client that tries others may only have the same address. While an address waits,
/// one key of that length per second is compared; further attempts are refused unseen. A random key
/// cannot be guessed at that rate.
package final class PublishCheck: Sendable {
  /// Why a client may not publish.
  package enum Refusal: Error, Equatable {
    /// The client is on another machine, and the stream has no key.
    case notLocal
    case missingKey
    case wrongKey
    /// Too many wrong keys from the address of the client; a right one of the given length is
    /// compared again after this time.
    case tooManyFailures(wait: Interval)
  }

  private struct State {
    var failures = FailedAttempts()
    var refusedCount: UInt64 = 0
  }

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
  ///   - subject: the streams that the key protects.
  ///   - now: the present time.
  /// - Returns: the reason of the refusal.
  package func refusal(
    of peer: PeerAddress, given: String?, key: SecretDigest?, for subject: FailedAttempts.Subject,
    at now: MonotonicTime
  ) -> Refusal? {
    // Outside of the lock: the search for a client on this machine takes time.
    let isAdmitted = key == nil && access.admitsWithoutKey(peer, at: now)
    return state.withLock { [access] state -> Refusal? in
      var refusal: Refusal?
      if let key {
        refusal = Self.refusal(of: peer, given, key, subject, &state.failures, now)
      } else if !isAdmitted {
        refusal = access.mode == .key ? .missingKey : .notLocal
      }
      if refusal != nil { state.refusedCount += 1 }
      return refusal
    }
  }

  /// How long an address must wait after its failures; nil if it need not.
  package func wait(
    of peer: PeerAddress, for subject: FailedAttempts.Subject, at now: MonotonicTime
  ) -> Interval? {
    state.withLock { $0.failures.wait(of: peer, for: subject, at: now) }
  }

  /// Counts a failure that another check has found.
  package func fail(
    _ peer: PeerAddress, for subject: FailedAttempts.Subject, at now: MonotonicTime
  ) {
    state.withLock { state in
      state.failures.fail(peer, for: subject, at: now)
      state.refusedCount += 1
    }
  }

  private static func refusal(
    of peer: PeerAddress, _ given: String?, _ key: SecretDigest, _ subject: FailedAttempts.Subject,
    _ failures: inout FailedAttempts, _ now: MonotonicTime
  ) -> Refusal? {
    guard let given else { return .missingKey }
    // Failures are kept: those of another client of the address would begin again.
    if let wait = failures.wait(of: peer, for: subject, at: now) {
      guard !SecretDigest.isShort(given) else { return .tooManyFailures(wait: wait) }
      if let wait = failures.trialWait(of: peer, for: subject, at: now) {
        return .tooManyFailures(wait: wait)
      }
      if key.matches(given) { return nil }
      failures.trial(peer, for: subject, at: now)
      return .tooManyFailures(wait: FailedAttempts.trialInterval)
    }
    guard key.matches(given) else {
      failures.fail(peer, for: subject, at: now)
      return .wrongKey
    }
    failures.succeed(peer, for: subject)
    return nil
  }
}
