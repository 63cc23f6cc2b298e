// SPDX-License-Identifier: Apache-2.0

package import Net
package import Time

/// Decides on one loop whether a token permits a request.
///
/// Confined to the loop's thread.
package struct PlaybackAccess {
  /// The token of a request.
  package enum Credential {
    case playbackToken(String)
    case webToken(String)

    fileprivate var text: String {
      switch self {
      case .playbackToken(let text), .webToken(let text): text
      }
    }
  }

  private struct Use: Hashable {
    let token: String
    let stream: String
  }

  private struct Grant {
    let expiry: Int64
    /// The viewer that the token names; nil for none.
    let session: String?
    /// The owner of the only permitted address; nil for all addresses.
    let owner: PeerAddress?
  }

  /// The largest number of known permissions; above it all are forgotten, and computed again.
  private static let capacity = 4096

  private let attempts: AttemptLimit
  private let publicKey: SignatureKey?
  private var permissions: [Use: Grant] = [:]
  /// The keys of the streams that have any.
  private var keys: [String: [TokenKey]] = [:]

  /// Access without known permissions; `publicKey` verifies JSON Web Tokens by ES256.
  package init(_ attempts: AttemptLimit, publicKey: SignatureKey? = nil) {
    self.attempts = attempts
    self.publicKey = publicKey
  }

  /// The number of known permissions.
  package var permissionCount: Int { permissions.count }

  /// Decides whether a client may play a stream.
  ///
  /// - Parameters:
  ///   - credential: the token of the request; nil for none.
  ///   - stream: the requested stream.
  ///   - keys: its keys.
  ///   - peer: the client.
  ///   - now: the time of the loop.
  ///   - seconds: seconds since 1970.
  /// - Returns: the decision.
  package mutating func decide(
    on credential: Credential?, for stream: String, _ keys: [TokenKey], by peer: PeerAddress,
    at now: MonotonicTime, seconds: Int64
  ) -> AccessDecision {
    let decision = decision(credential, stream, keys, peer, seconds)
    // The signature is the defence against guesses: only wrong tokens are slowed down.
    return decision.refusal.map {
      .refused(
        attempts.refuse(
          $0, of: peer, for: .playback(stream), at: now, isSlowed: $0 == .invalid))
    } ?? decision
  }

  /// What a path is, for a proxy that asks whether a client may have it.
  package enum ProxiedPath {
    /// It needs no token.
    case open
    /// It is below a stream with these keys; without keys it needs no token.
    case media(of: String, [TokenKey])
    /// It is of no stream: no token permits it, and none was tried.
    case nothing
  }

  /// Decides whether a client of a proxy may have a path; see
  /// ``decide(on:for:_:by:at:seconds:)``.
  package mutating func decide(
    on credential: Credential?, for path: ProxiedPath, by peer: PeerAddress,
    at now: MonotonicTime, seconds: Int64
  ) -> AccessDecision {
    switch path {
    case .open: .granted
    case .nothing: .refused(.invalid)
    case .media(let stream, let keys):
      keys.isEmpty
        ? .granted : decide(on: credential, for: stream, keys, by: peer, at: now, seconds: seconds)
    }
  }

  private mutating func decision(
    _ credential: Credential?, _ stream: String, _ keys: [TokenKey], _ peer: PeerAddress,
    _ seconds: Int64
  ) -> AccessDecision {
    guard let credential else { return .refused(.missing) }
    let use = Use(token: credential.text, stream: stream)
    if let known = permissions[use], known.owner == nil || known.owner == peer.owner {
      // bounded: an expiry has at most 12 digits
      return seconds < known.expiry + PlaybackToken.clockSkew
        ? .granted(session: known.session) : .refused(.expired)
    }
    let (verdict, expiry, session) = verdict(on: credential, stream, keys, peer, seconds)
    switch verdict {
    case .invalid: return .refused(.invalid)
    case .expired: return .refused(.expired)
    case .valid(let owner):
      if permissions.count >= Self.capacity { permissions = [:] }
      permissions[use] = Grant(expiry: expiry, session: session, owner: owner)
      return .granted(session: session)
    }
  }

  /// The verdict on a token, when it ends, in seconds since 1970, and the viewer that it names.
  private func verdict(
    on credential: Credential, _ stream: String, _ keys: [TokenKey], _ peer: PeerAddress,
    _ seconds: Int64
  ) -> (PlaybackToken.Verdict, expiry: Int64, session: String?) {
    switch credential {
    case .playbackToken(let text):
      guard let token = PlaybackToken(text) else { return (.invalid, 0, nil) }
      let verdict = token.verdict(on: stream, by: peer, keys, now: seconds)
      return (verdict, token.expiry, token.session)
    case .webToken(let text):
      guard let claims = claims(text, keys) else { return (.invalid, 0, nil) }
      return (claims.verdict(on: .play, stream, now: seconds), claims.expiry, claims.session)
    }
  }

  private func claims(_ text: String, _ keys: [TokenKey]) -> JSONWebToken.Claims? {
    JSONWebToken(text)?.claims(keys, publicKey)
  }

  /// Forgets the permissions of streams whose keys have changed.
  ///
  /// Those of other streams are kept: they need not be computed again.
  package mutating func update(_ keys: [String: [TokenKey]]) {
    let former = self.keys
    self.keys = keys
    guard keys != former else { return }
    permissions = permissions.filter { keys[$0.key.stream] == former[$0.key.stream] }
  }

  /// A playback token for the owner of a valid JSON Web Token, which URIs below its path inherit;
  /// nil if the text is not such a token.
  package func token(
    for webToken: String, on stream: String, _ keys: [TokenKey]
  ) -> PlaybackToken? {
    guard let key = keys.first, let claims = claims(webToken, keys) else { return nil }
    return PlaybackToken(
      stream: stream, expiry: claims.expiry, session: claims.session ?? PlaybackToken.newSession(),
      key: key)
  }
}
