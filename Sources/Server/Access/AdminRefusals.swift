// SPDX-License-Identifier: Apache-2.0

import Access
import HTTP
import Logging
import Net
import Sharing
import Time

/// The requests without the right token for `/api`, `/stats`, `/metrics` and times, of all loops:
/// counts them, logs one per minute, and slows down addresses whose tokens are invalid.
///
/// After five invalid tokens an address waits for a minute: until then other invalid tokens get no
/// verdict. The right one is accepted, since the client that tries others may only have the same
/// address. So this is no defence against guessing; the length of the token is.
final class AdminRefusals: Sendable {
  private struct State {
    var failures = FailedAttempts()
    var count: UInt64 = 0
    var logged = MonotonicTime.distantPast
  }

  private let state = Locked(State())
  private let log: Log

  /// No refusals yet.
  init(log: Log) { self.log = log }

  /// The line of a response to an address that must wait.
  static let line = "too many invalid tokens from this address"

  /// When such an address may ask again: a right token is accepted at any time.
  static let retryAfter = HeaderField("Retry-After", "1")

  /// The number of refusals.
  var count: UInt64 { state.withLock { $0.count } }

  /// Whether an address must wait; such a request is a refusal too.
  func mustWait(_ peer: PeerAddress, at now: MonotonicTime) -> Bool {
    guard
      state.withLock({ state in
        state.failures.wait(of: peer, for: .administration, at: now) != nil
      })
    else { return false }
    note(peer, isFailure: false, at: now)
    return true
  }

  /// Notes a refusal; that of an invalid token is a failure of the address.
  func note(_ peer: PeerAddress, isFailure: Bool, at now: MonotonicTime) {
    let isLogged = state.withLock { state in
      state.count += 1
      if isFailure { state.failures.fail(peer, for: .administration, at: now) }
      guard now - state.logged >= .seconds(60) else { return false }
      state.logged = now
      return true
    }
    guard isLogged else { return }
    log.write(
      .warning, "api-denied",
      "a request to /api, /stats or /metrics from \(peer.masked) had no valid token; later "
        + "ones are counted")
  }
}
