// SPDX-License-Identifier: Apache-2.0

import Access
import HTTP
import Net
import Sharing
import Time

/// The refusals of playback, of all loops: counts them, and slows down addresses whose tokens are
/// invalid.
///
/// ``PlaybackAccess`` decides about a request.
///
/// After five invalid tokens for a stream an address waits for a minute: until then other invalid
/// tokens for this stream get no verdict. Valid ones are accepted, since viewers of the same
/// address have them. So this is no defence against guessing; the signature is.
final class PlaybackRefusals: Sendable {
  /// Why a client may not play; a label for statistics.
  enum Refusal: String, CaseIterable, Sendable {
    case missing, invalid, expired
    /// The address must wait.
    case slowed
  }

  private struct State {
    var failures = FailedAttempts()
    var counts: [Refusal: UInt64] = [:]
  }

  private let state = Locked(State())

  /// No refusals yet.
  init() {}

  /// When an address that waits may ask again: a valid token is accepted at any time.
  static let retryAfter = HeaderField("Retry-After", "1")

  /// The number of refusals.
  func count(_ refusal: Refusal) -> UInt64 { state.withLock { $0.counts[refusal] ?? 0 } }

  /// Whether an address must wait.
  func mustWait(_ peer: PeerAddress, for stream: String, at now: MonotonicTime) -> Bool {
    state.withLock { $0.failures.wait(of: peer, for: .stream(stream), at: now) != nil }
  }

  /// Notes a refusal; that of an invalid token is a failure of the address.
  func note(
    _ refusal: Refusal, of peer: PeerAddress, for stream: String, at now: MonotonicTime
  ) {
    state.withLock { state in
      state.counts[refusal, default: 0] += 1
      if refusal == .invalid { state.failures.fail(peer, for: .stream(stream), at: now) }
    }
  }
}
