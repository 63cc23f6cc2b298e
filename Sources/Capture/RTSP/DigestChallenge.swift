// SPDX-License-Identifier: Apache-2.0

internal import Checked
internal import System

/// The challenge of Digest that is answered, and its answers.
/// - Source: RFC 7616 §3.3, §3.4; without `qop` RFC 2069 §2.1.2
struct DigestChallenge: Sendable, Equatable {
  /// A digest and the form of its first part.
  private static let algorithms: [(name: String, hash: Digest.Algorithm, isSession: Bool)] = [
    ("SHA-512-256", .sha512of256, false), ("SHA-512-256-SESS", .sha512of256, true),
    ("SHA-256", .sha256, false), ("SHA-256-SESS", .sha256, true),
    ("MD5", .md5, false), ("MD5-SESS", .md5, true),
  ]

  /// The algorithm in capital letters.
  let algorithm: String
  /// The place among the algorithms, the strongest first.
  let weakness: Int
  private let hash: Digest.Algorithm
  private let isSession: Bool
  private let realm: String
  private var nonce: String
  private let opaque: String?
  /// The algorithm as the server writes it; nil if it writes none.
  private let statedAlgorithm: String?
  /// Nil for the form of RFC 2069.
  private let quality: String?
  private let hashesUser: Bool
  /// How often the nonce was used.
  private var count: UInt32 = 0
  /// The client nonce of the first answer, which the form `-sess` keeps.
  private var sessionNonces: (server: String, client: String)?

  static func == (one: DigestChallenge, other: DigestChallenge) -> Bool {
    one.algorithm == other.algorithm && one.realm == other.realm && one.nonce == other.nonce
  }

  /// Takes a challenge; nil if it is no Digest, or its algorithm or quality is unknown.
  init?(_ challenge: AuthenticationChallenge) {
    guard challenge.scheme.lowercased() == "digest" else { return nil }
    let parameters = challenge.parameters
    let stated = parameters["algorithm"]
    let name = (stated.flatMap { $0.isEmpty ? nil : $0 } ?? "MD5").uppercased()
    guard let index = Self.algorithms.firstIndex(where: { $0.name == name }),
      let nonce = parameters["nonce"]
    else { return nil }
    // bounded: an index of the array
    let found = Self.algorithms[index]
    (algorithm, weakness, hash, isSession) = (name, index, found.hash, found.isSession)
    self.nonce = nonce
    realm = parameters["realm"] ?? ""
    opaque = parameters["opaque"]
    statedAlgorithm = stated
    hashesUser = parameters["userhash"]?.lowercased() == "true"
    let offered = parameters["qop"].map {
      $0.lowercased().split { ", \t".contains($0) }.map { String($0) }
    }
    guard let offered, !offered.isEmpty else {
      quality = nil
      return
    }
    guard let chosen = ["auth", "auth-int"].first(where: { offered.contains($0) }) else {
      return nil
    }
    quality = chosen
  }

  /// Whether it asks for the same as another one: only the nonce may be new.
  func isOfSameKind(_ other: DigestChallenge) -> Bool {
    algorithm == other.algorithm && realm == other.realm
  }

  /// Uses the nonce that the server wants next.
  mutating func use(nextNonce: String) { (nonce, count) = (nextNonce, 0) }

  /// The value of the field `Authorization` for a request; `clientNonce` is random, without quotes.
  mutating func answer(
    _ credentials: RTSPCredentials, method: String, uri: String, body: [UInt8], clientNonce: String
  ) -> String {
    count = count == .max ? 1 : count + 1
    var client = clientNonce
    if isSession {
      // The secret of a session is of the first nonces.
      let nonces = sessionNonces ?? (nonce, clientNonce)
      sessionNonces = nonces
      if nonces.server == nonce { client = nonces.client }
    }
    let response = response(credentials, method, uri, body, client)
    let user =
      hashesUser
      ? digest(credentials.user + Latin1.bytes(":" + realm)) : Latin1.text(credentials.user)
    var parts = [
      "username=\(Self.quoted(user))", "realm=\(Self.quoted(realm))",
      "nonce=\(Self.quoted(nonce))", "uri=\(Self.quoted(uri))", "response=\"\(response)\"",
    ]
    if let statedAlgorithm { parts.append("algorithm=\(statedAlgorithm)") }
    if let opaque { parts.append("opaque=\(Self.quoted(opaque))") }
    if let quality { parts += ["qop=\(quality)", "nc=\(hexadecimal(count))"] }
    if quality != nil || isSession { parts.append("cnonce=\"\(client)\"") }
    if hashesUser { parts.append("userhash=true") }
    return "Digest " + parts.joined(separator: ", ")
  }

  private func response(
    _ credentials: RTSPCredentials, _ method: String, _ uri: String, _ body: [UInt8],
    _ client: String
  ) -> String {
    var secret = digest(
      credentials.user + Latin1.bytes(":\(realm):") + credentials.password)
    if isSession, let nonces = sessionNonces {
      secret = digest(Latin1.bytes("\(secret):\(nonces.server):\(nonces.client)"))
    }
    let text = quality == "auth-int" ? "\(method):\(uri):\(digest(body))" : "\(method):\(uri)"
    let request = digest(Latin1.bytes(text))
    guard let quality else { return digest(Latin1.bytes("\(secret):\(nonce):\(request)")) }
    let count = hexadecimal(count)
    return digest(Latin1.bytes("\(secret):\(nonce):\(count):\(client):\(quality):\(request)"))
  }

  private func digest(_ bytes: [UInt8]) -> String { hexadecimal(Digest.hash(bytes, hash)) }

  /// A quoted string, RFC 9110 §5.6.4.
  private static func quoted(_ text: String) -> String {
    var quoted = String.UnicodeScalarView()
    for sign in text.unicodeScalars {
      if sign == "\"" || sign == "\\" { quoted.append("\\") }
      quoted.append(sign)
    }
    return "\"\(String(quoted))\""
  }
}
