// SPDX-License-Identifier: Apache-2.0

import Access
import HTTP
import Net
import Packaging
import Time

/// Decides on one loop whether a token permits a request.
///
/// A playback token precedes the path of the stream: `/t/TOKEN/STREAM/…`. A JSON Web Token is the
/// parameter `token` or a bearer token. Confined to the loop's thread.
struct PlaybackAccess {
  /// The token of a request.
  enum Credential {
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

  private struct Permission {
    let expiry: Int64
    /// The viewer that the token names; nil for none.
    let session: String?
    /// The owner of the only permitted address; nil for all addresses.
    let owner: PeerAddress?
  }

  /// The largest number of known permissions; above it all are forgotten, and computed again.
  private static let capacity = 4096

  private let playbackRefusals: PlaybackRefusals
  private let publicKey: SignatureKey?
  private var permissions: [Use: Permission] = [:]
  /// The keys of the streams that have any.
  private var keys: [String: [TokenKey]] = [:]

  init(_ playbackRefusals: PlaybackRefusals, publicKey: SignatureKey? = nil) {
    self.playbackRefusals = playbackRefusals
    self.publicKey = publicKey
  }

  /// The number of known permissions.
  var permissionCount: Int { permissions.count }

  /// Takes the token out of the path of a request: routes, caches and logs do not see it.
  ///
  /// - Returns: the token as it was sent; nil if the path has none.
  static func takeToken(_ exchange: any Exchange) -> String? {
    exchange.request.isBelow("t") ? exchange.takePathPrefix() : nil
  }

  /// The JSON Web Token of a request; nil for none.
  static func webToken(_ request: Request) -> String? {
    parameter(request) ?? Authorization(request)?.bearer
  }

  /// The parameter `token`; nil for none.
  static func parameter(_ request: Request) -> String? {
    guard request.queryContains("token=") else { return nil }
    return request.queryItems.first { $0.name == "token" }?.value
  }

  // MARK: Decisions

  /// Whether a client may play a stream.
  enum Decision: Equatable {
    /// It may; `session` is the viewer that the token names, nil for none.
    case permitted(session: String?)
    case refused(PlaybackRefusals.Refusal)

    /// Why the client may not play; nil if it may.
    var refusal: PlaybackRefusals.Refusal? {
      if case .refused(let refusal) = self { refusal } else { nil }
    }
  }

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
  mutating func decide(
    on credential: Credential?, for stream: String, _ keys: [TokenKey], by peer: PeerAddress,
    at now: MonotonicTime, seconds: Int64
  ) -> Decision {
    let decision = decision(credential, stream, keys, peer, now, seconds)
    if let refusal = decision.refusal {
      playbackRefusals.note(refusal, of: peer, for: stream, at: now)
    }
    return decision
  }

  private mutating func decision(
    _ credential: Credential?, _ stream: String, _ keys: [TokenKey], _ peer: PeerAddress,
    _ now: MonotonicTime, _ seconds: Int64
  ) -> Decision {
    guard let credential else { return .refused(.missing) }
    let use = Use(token: credential.text, stream: stream)
    if let known = permissions[use], known.owner == nil || known.owner == peer.owner {
      // bounded: an expiry has at most 12 digits
      return seconds < known.expiry + PlaybackToken.clockSkew
        ? .permitted(session: known.session) : .refused(.expired)
    }
    let (verdict, expiry, session) = verdict(on: credential, stream, keys, peer, seconds)
    switch verdict {
    case .invalid:
      let isSlowed = playbackRefusals.mustWait(peer, for: stream, at: now)
      return .refused(isSlowed ? .slowed : .invalid)
    case .expired: return .refused(.expired)
    case .valid(let owner):
      if permissions.count >= Self.capacity { permissions = [:] }
      permissions[use] = Permission(expiry: expiry, session: session, owner: owner)
      return .permitted(session: session)
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
    JSONWebToken(text)?.claims(JSONWebToken.Keys(secrets: keys, publicKey: publicKey))
  }

  /// Forgets the permissions of streams whose keys have changed.
  ///
  /// Those of other streams are kept: they need not be computed again.
  mutating func update(_ keys: [String: [TokenKey]]) {
    let former = self.keys
    self.keys = keys
    guard keys != former else { return }
    permissions = permissions.filter { keys[$0.key.stream] == former[$0.key.stream] }
  }

  // MARK: Responses

  /// The response that sends the owner of a valid JSON Web Token to the same path below a playback
  /// token, which URIs in the response inherit; nil if the parameter is not such a token.
  ///
  /// The location is relative, so that a prefix that a proxy has removed is kept.
  func redirection(
    _ request: Request, on stream: String, _ keys: [TokenKey]
  ) -> PreparedResponse? {
    guard let key = keys.first, let text = Self.parameter(request), let claims = claims(text, keys)
    else { return nil }
    let token = PlaybackToken(
      stream: stream, expiry: claims.expiry, session: claims.session ?? PlaybackToken.newSession(),
      key: key)
    let path = request.rawPath
    let folders = max(0, path.utf8.count { $0 == UInt8(ascii: "/") } - 1)
    let query = (request.query ?? "").split(separator: "&").filter { !$0.hasPrefix("token=") }
    let location =
      "./" + String(repeating: "../", count: folders) + "t/\(token.text)" + path
      + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
    return ResponseFields.error(
      307, "continue below the playback token", .noStore,
      [HeaderField("Location", location), PageFiles.referrerPolicy])
  }

  /// The response for a client that may not play.
  static func response(_ refusal: PlaybackRefusals.Refusal) -> PreparedResponse {
    switch refusal {
    case .missing: ResponseFields.error(403, "a playback token is required", .noStore)
    case .invalid: ResponseFields.error(403, "invalid playback token", .noStore)
    case .expired: ResponseFields.error(410, "the playback token has expired", .noStore)
    case .slowed:
      ResponseFields.error(
        429, "too many invalid playback tokens from this address", .noStore,
        [PlaybackRefusals.retryAfter])
    }
  }

  /// The response of `/auth` for a proxy, which knows 2xx, 401 and 403 only.
  static func answer(_ refusal: PlaybackRefusals.Refusal?) -> PreparedResponse {
    switch refusal {
    case nil: PreparedResponse(status: 204, fields: [HeaderField("Cache-Control", "no-store")])
    case .missing:
      ResponseFields.error(
        401, "a playback token is required", .noStore,
        [HeaderField("WWW-Authenticate", "Bearer realm=\"streamer\"")])
    case .invalid: ResponseFields.error(403, "invalid playback token", .noStore)
    case .expired: ResponseFields.error(403, "the playback token has expired", .noStore)
    case .slowed: ResponseFields.error(403, "too many invalid playback tokens", .noStore)
    }
  }
}
