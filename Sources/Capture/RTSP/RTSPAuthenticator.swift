// SPDX-License-Identifier: Apache-2.0

internal import System

/// Answers the challenges of one RTSP server with the credentials of its address.
///
/// Of several challenges the strongest is answered, in any order. If the server
/// refuses the answer, the next weaker Digest is tried once: some devices offer an algorithm for
/// which they have no password. A password is sent in the clear only to a server that offers no
/// Digest.
package struct RTSPAuthenticator: Sendable {
  /// The consequence of a response with status 401.
  package enum Verdict: Equatable, Sendable {
    /// The request can be sent again.
    case answered
    /// The address has no user name.
    case lacksCredentials(offered: String)
    /// The server refuses the credentials.
    case refused(scheme: String)
    /// No challenge can be answered.
    case unsupported(offered: String)
  }

  private enum Method {
    case basic
    case digest(DigestChallenge)
  }

  private var credentials: RTSPCredentials?
  private var chosen: Method?
  /// Whether the chosen challenge was answered with success.
  private var hasSucceeded = false
  /// The challenges that were answered without success.
  private var refused: [DigestChallenge] = []
  private let clientNonce: @Sendable () -> String

  /// Answers with the credentials; `clientNonce` is a random text without quotes for each request.
  package init(
    _ credentials: RTSPCredentials?,
    clientNonce: @escaping @Sendable () -> String = { Base64.encode(Digest.random(12), .url) }
  ) {
    (self.credentials, self.clientNonce) = (credentials, clientNonce)
  }

  /// Answers another server, with its credentials.
  mutating func move(to credentials: RTSPCredentials?) {
    (self.credentials, chosen, refused, hasSucceeded) = (credentials, nil, [], false)
  }

  /// Chooses the challenge that is answered.
  ///
  /// - Parameters:
  ///   - fields: the values of `WWW-Authenticate`.
  ///   - wasAnswered: whether the refused request had an answer.
  /// - Returns: the consequence for the request.
  package mutating func take(_ fields: [String], wasAnswered: Bool) -> Verdict {
    let offered = AuthenticationChallenge.all(in: fields)
    let digests = offered.compactMap { challenge in
      DigestChallenge(challenge).map { (digest: $0, challenge: challenge) }
    }
    let hasBasic = offered.contains { $0.scheme.lowercased() == "basic" }
    let names = Self.names(offered)
    guard credentials != nil else { return .lacksCredentials(offered: names) }
    if wasAnswered, case .digest(let answered) = chosen {
      // Some devices do not state that a nonce has expired.
      let isStale = digests.contains { digest, challenge in
        digest.isOfSameKind(answered)
          && (challenge.parameters["stale"]?.lowercased() == "true"
            || hasSucceeded && digest != answered)
      }
      if !isStale { refused.append(answered) }
      hasSucceeded = false
    } else if wasAnswered, case .basic = chosen {
      return .refused(scheme: "Basic")
    }
    let left = digests.map(\.digest).filter { digest in
      !refused.contains { $0.isOfSameKind(digest) }
    }
    if let best = left.min(by: { $0.weakness < $1.weakness }) {
      chosen = .digest(best)
      return .answered
    }
    if let last = refused.last { return .refused(scheme: "Digest \(last.algorithm)") }
    guard digests.isEmpty, hasBasic else { return .unsupported(offered: names) }
    chosen = .basic
    return .answered
  }

  /// The value of the field `Authorization` for a request; nil before a challenge.
  package mutating func answer(method: String, uri: String, body: [UInt8]) -> String? {
    guard let credentials else { return nil }
    switch chosen {
    case nil: return nil
    case .basic:
      let separator = [UInt8(ascii: ":")]
      return "Basic " + Base64.encode(credentials.user + separator + credentials.password)
    case .digest(var challenge):
      let answer = challenge.answer(
        credentials, method: method, uri: uri, body: body, clientNonce: clientNonce())
      chosen = .digest(challenge)
      return answer
    }
  }

  /// Notes that the server has accepted a request with an answer.
  ///
  /// - Parameter information: the value of the field `Authentication-Info`, if it has one.
  package mutating func accepted(information: String?) {
    (refused, hasSucceeded) = ([], true)
    guard let information, case .digest(var challenge) = chosen,
      // The field has parameters alone.
      let next = AuthenticationChallenge.all(in: ["Digest " + information]).first?
        .parameters["nextnonce"], !next.isEmpty
    else { return }
    challenge.use(nextNonce: next)
    chosen = .digest(challenge)
  }

  /// The challenges for a message, such as `Digest SHA-256, Basic`.
  private static func names(_ offered: [AuthenticationChallenge]) -> String {
    var names: [String] = []
    for challenge in offered {
      let scheme = challenge.scheme.filter { $0.isASCII && ($0.isLetter || $0 == "-") }.prefix(24)
      let isDigest = scheme.lowercased() == "digest"
      let algorithm = (challenge.parameters["algorithm"] ?? "MD5").uppercased()
        .filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }.prefix(24)
      let name = isDigest ? "Digest \(algorithm)" : String(scheme)
      if !name.isEmpty, !names.contains(name) { names.append(name) }
    }
    return names.isEmpty ? "no scheme" : names.joined(separator: ", ")
  }
}
