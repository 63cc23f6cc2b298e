// SPDX-License-Identifier: Apache-2.0

package import Logging
package import Net
import System
package import Time

/// Decides whether a client has the admin token, or may read without it: `/api`, `/stats`,
/// `/metrics` and times.
///
/// The right token is accepted at any time: other clients may have the same address.
package struct AdminAccess: Sendable {
  /// The sender of a request: an address, a page in a browser, a secret.
  package struct Client: Sendable {
    let peer: PeerAddress
    let host: String?
    let origin: String?
    let authorization: Authorization?

    /// A client with the values of the fields `Host`, `Origin` and `Authorization`.
    package init(
      _ peer: PeerAddress, host: String?, origin: String?, authorization: Authorization?
    ) {
      self.peer = peer
      self.host = host
      self.origin = origin
      self.authorization = authorization
    }
  }

  private let token: String?
  private let publicKey: SignatureKey?
  private let hosts: KnownHosts
  private let localClients: LocalClients
  private let attempts: AttemptLimit
  private let log: Log

  /// - Parameters:
  ///   - token: the admin token; nil for none.
  ///   - publicKey: verifies JSON Web Tokens by ES256; nil for none.
  ///   - hosts: the names of the server.
  ///   - localClients: finds the clients on this machine.
  ///   - attempts: slows down addresses with wrong tokens.
  ///   - log: for one line per minute about refusals.
  package init(
    token: String?, publicKey: SignatureKey?, hosts: KnownHosts, localClients: LocalClients,
    _ attempts: AttemptLimit, log: Log
  ) {
    self.token = token
    self.publicKey = publicKey
    self.hosts = hosts
    self.localClients = localClients
    self.attempts = attempts
    self.log = log
  }

  /// Decides about a request that changes something: by a bearer token, or a JSON Web Token.
  ///
  /// - Parameters:
  ///   - client: the client; the password of HTTP Basic is no token here.
  ///   - parameter: a token in the address of the request; nil for none.
  ///   - stream: the stream that the request is about; nil for all.
  ///   - now: the present time.
  ///   - seconds: seconds since 1970.
  /// - Returns: the decision.
  package func decide(
    on client: Client, parameter: String?, stream: String?, at now: MonotonicTime, seconds: Int64
  ) -> AccessDecision {
    guard hosts.contain(field: client.host) else { return .refused(.unknownHost) }
    guard let token else { return .refused(.off) }
    let bearer = client.authorization?.bearer
    guard let given = bearer ?? parameter else { return refuse(.missing, client, now) }
    if let bearer, Self.isSame(bearer, token) { return .granted }
    // Signed by the admin token, if that has 32 characters, or by the owner of the public key.
    let keys = [TokenKey("admin:" + token)].compactMap { $0 }
    let claims = JSONWebToken(given)?.claims(keys, publicKey)
    return switch claims?.verdict(on: .api, stream, now: seconds) {
    case .valid: .granted
    case .expired: refuse(.expired, client, now)
    case .invalid, nil: refuse(.invalid, client, now)
    }
  }

  /// Decides about a request that only reads: by the token, or its address.
  ///
  /// With ``ReadAccess/loopback`` a page of another site in a browser on this machine may not.
  /// The token may be the password of HTTP Basic, for which browsers ask; they send it by
  /// themselves, so requests that change something do not accept it.
  package func decide(
    on client: Client, reading access: ReadAccess, at now: MonotonicTime
  ) -> AccessDecision {
    var foreignPage: AccessRefusal?
    switch access {
    case .open: return .granted
    case .loopback where localClients.hasRights(client.peer, at: now):
      foreignPage = hosts.refusal(host: client.host, origin: client.origin)
      if foreignPage == nil { return .granted }
    case .token, .loopback: break
    }
    guard let token else { return .refused(foreignPage ?? .off) }
    guard let given = client.authorization else { return refuse(.missing, client, now) }
    return Self.isSame(given.secret, token) ? .granted : refuse(.invalid, client, now)
  }

  /// Whether a token is the secret; the time does not depend on the number of matching bytes.
  ///
  /// An empty secret equals nothing.
  static func isSame(_ given: String, _ secret: String) -> Bool {
    !secret.isEmpty && SecretDigest(secret).matches(given)
  }

  /// Searches on a thread of its own for the process of a client, before a decision about reading.
  ///
  /// - Returns: false if nothing is to be searched for; `then` is not called.
  package func search(
    for peer: PeerAddress, reading access: ReadAccess, at now: MonotonicTime,
    then: @escaping @Sendable () -> Void
  ) -> Bool {
    access == .loopback && localClients.search(for: peer, at: now, then: then)
  }

  private func refuse(
    _ refusal: AccessRefusal, _ client: Client, _ now: MonotonicTime
  ) -> AccessDecision {
    let refusal = attempts.refuse(
      refusal, of: client.peer, for: .administration, at: now, isSlowed: refusal != .missing)
    if attempts.mayLog(at: now) {
      log.write(
        .warning, "api-denied",
        "a request to /api, /stats or /metrics from \(client.peer.masked) had no valid token; "
          + "later ones are counted")
    }
    return .refused(refusal)
  }
}
