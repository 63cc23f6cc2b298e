// SPDX-License-Identifier: Apache-2.0

import HTTP
import Net
import Packaging
import Time

/// Decides on one loop whether a playback token permits a request.
///
/// The token precedes the path of the stream: `/t/TOKEN/STREAM/…`. Confined to the loop's thread.
struct PlaybackAccess {
  private struct Use: Hashable {
    let token: String
    let stream: String
  }

  private struct Permission {
    let expiry: Int64
    /// The owner of the only permitted address; nil for all addresses.
    let owner: PeerAddress?
  }

  /// The largest number of known permissions; above it all are forgotten, and computed again.
  private static let capacity = 4096

  private let playbackGuard: PlaybackGuard
  private var permissions: [Use: Permission] = [:]

  init(_ playbackGuard: PlaybackGuard) { self.playbackGuard = playbackGuard }

  /// The number of known permissions.
  var permissionCount: Int { permissions.count }

  /// Takes the token out of the path of a request: routes, caches and logs do not see it.
  ///
  /// - Returns: the token as it was sent; nil if the path has none.
  static func takeToken(_ exchange: any Exchange) -> String? {
    exchange.request.isBelow("t") ? exchange.takePathPrefix() : nil
  }

  /// Why a client may not play a stream; nil if it may.
  ///
  /// - Parameters:
  ///   - token: the token in the path; nil for none.
  ///   - stream: the requested stream.
  ///   - keys: its keys.
  ///   - peer: the client.
  ///   - now: the time of the loop.
  ///   - seconds: seconds since 1970.
  /// - Returns: the reason.
  mutating func refusal(
    of token: String?, on stream: String, _ keys: [TokenKey], by peer: PeerAddress,
    at now: MonotonicTime, seconds: Int64
  ) -> PlaybackGuard.Refusal? {
    let refusal = decision(token, stream, keys, peer, now, seconds)
    if let refusal { playbackGuard.note(refusal, of: peer, at: now) }
    return refusal
  }

  private mutating func decision(
    _ text: String?, _ stream: String, _ keys: [TokenKey], _ peer: PeerAddress,
    _ now: MonotonicTime, _ seconds: Int64
  ) -> PlaybackGuard.Refusal? {
    guard let text else { return .missing }
    let use = Use(token: text, stream: stream)
    if let known = permissions[use], known.owner == nil || known.owner == peer.owner {
      // bounded: an expiry has at most 12 digits
      return seconds < known.expiry + PlaybackToken.clockSkew ? nil : .expired
    }
    guard !playbackGuard.mustWait(peer, at: now) else { return .slowed }
    guard let token = PlaybackToken(text) else { return .invalid }
    switch token.verdict(on: stream, by: peer, keys, now: seconds) {
    case .invalid: return .invalid
    case .expired: return .expired
    case .valid(let owner):
      if permissions.count >= Self.capacity { permissions = [:] }
      permissions[use] = Permission(expiry: token.expiry, owner: owner)
      return nil
    }
  }

  /// Forgets the permissions, since keys may have changed.
  mutating func forget() { permissions = [:] }

  /// The response for a client that may not play.
  static func response(_ refusal: PlaybackGuard.Refusal) -> PreparedResponse {
    switch refusal {
    case .missing: ResponseFields.error(403, "a playback token is required", .noStore)
    case .invalid: ResponseFields.error(403, "invalid playback token", .noStore)
    case .expired: ResponseFields.error(410, "the playback token has expired", .noStore)
    case .slowed:
      ResponseFields.error(
        429, "too many invalid playback tokens from this address", .noStore,
        [HeaderField("Retry-After", "\(FailedAttempts.waitingTime.wholeSeconds)")])
    }
  }
}
