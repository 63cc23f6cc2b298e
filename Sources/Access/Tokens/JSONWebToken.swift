// SPDX-License-Identifier: Apache-2.0

import Checked
import FoundationEssentials
import System

/// A JSON Web Token: HS256 by a key with a secret, ES256 by the public key.
///
/// Claims: `exp` (required), `nbf`, `sub` (the viewer), and `llx` with `act` and `stream`, each a
/// text or a list of texts. The claims are read after the signature was verified. A claim that is
/// null is invalid, and not an absent one; so is a token of which another reader could find other
/// claims.
/// - Source: RFC 7519 §4.1; RFC 7515 §3, §5.2; RFC 7518 §3.2, §3.4
package struct JSONWebToken {
  /// The permitted action.
  package enum Action: String {
    /// To play streams.
    case play
    /// `/api`.
    case api
  }

  /// The signed statements of a token.
  package struct Claims: Decodable {
    fileprivate struct Texts: Decodable {
      let all: [String]

      init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        all = try (try? [value.decode(String.self)]) ?? value.decode([String].self)
      }
    }

    fileprivate struct Scope: Decodable {
      private enum CodingKeys: CodingKey { case act, stream }

      let act: Texts
      let stream: Texts?

      init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        act = try members.decode(Texts.self, forKey: .act)
        stream = try members.decodeUnlessAbsent(.stream)
      }
    }

    private enum CodingKeys: CodingKey { case exp, nbf, sub, llx }

    fileprivate let exp: Double
    fileprivate let nbf: Double?
    fileprivate let sub: String?
    fileprivate let llx: Scope

    package init(from decoder: any Decoder) throws {
      let members = try decoder.container(keyedBy: CodingKeys.self)
      exp = try members.decode(Double.self, forKey: .exp)
      nbf = try members.decodeUnlessAbsent(.nbf)
      sub = try members.decodeUnlessAbsent(.sub)
      llx = try members.decode(Scope.self, forKey: .llx)
    }

    /// When the token ends, in seconds since 1970.
    package var expiry: Int64 { Int64(exactly: exp.rounded(.down)) ?? 0 }

    /// The viewer; nil for none, and if the text cannot be the name of a client session.
    package var session: String? { sub.flatMap { PlaybackToken.isSession($0) ? $0 : nil } }

    /// Whether the claims permit an action now.
    ///
    /// - Parameters:
    ///   - action: the requested action.
    ///   - stream: the requested stream; nil for all streams.
    ///   - now: seconds since 1970.
    /// - Returns: the verdict; a token for another action or stream is invalid.
    package func verdict(
      on action: Action, _ stream: String?, now: Int64
    ) -> PlaybackToken.Verdict {
      let (now, skew) = (Double(now), Double(PlaybackToken.clockSkew))
      guard llx.act.all.contains(action.rawValue), permits(stream),
        (0...Double(PlaybackToken.lastExpiry)).contains(exp), nbf.map({ now + skew >= $0 }) ?? true
      else { return .invalid }
      return now < exp + skew ? .valid(nil) : .expired
    }

    /// A token without streams is for all of them.
    private func permits(_ stream: String?) -> Bool {
      guard let streams = llx.stream else { return true }
      return stream.map { streams.all.contains($0) } ?? false
    }
  }

  private struct Header: Decodable {
    let alg: String
    let kid: String?
    /// Extensions that a receiver must know; this one knows none.
    let crit: [String]?

    private enum CodingKeys: CodingKey { case alg, kid, crit }

    init(from decoder: any Decoder) throws {
      let members = try decoder.container(keyedBy: CodingKeys.self)
      alg = try members.decode(String.self, forKey: .alg)
      kid = try members.decodeUnlessAbsent(.kid)
      crit = try members.decodeUnlessAbsent(.crit)
    }
  }

  private static let sizeLimit = 2048

  private let header: Header
  private let content: String
  private let claimsPart: String
  private let signature: [UInt8]

  /// Reads a token; nil for any other text.
  package init?(_ text: some StringProtocol) {
    guard text.utf8.count <= Self.sizeLimit else { return nil }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, let header: Header = Self.decoded(parts[0]), header.crit == nil,
      let signature = Base64.decode(parts[2], .url)
    else { return nil }
    self.header = header
    self.signature = signature
    claimsPart = String(parts[1])
    content = "\(parts[0]).\(parts[1])"
  }

  private static func decoded<Value: Decodable>(_ part: some StringProtocol) -> Value? {
    guard let bytes = Base64.decode(part, .url), JSONSyntax.isUnambiguous(bytes) else { return nil }
    return try? JSONDecoder().decode(Value.self, from: Data(bytes))
  }

  /// The claims; nil if neither one of the keys nor the owner of the public key has signed them.
  package func claims(_ keys: [TokenKey], _ publicKey: SignatureKey?) -> Claims? {
    isSigned(keys, publicKey) ? Self.decoded(claimsPart) : nil
  }

  /// Whether the algorithm of the header is that of a key which has signed the token.
  private func isSigned(_ keys: [TokenKey], _ publicKey: SignatureKey?) -> Bool {
    switch header.alg {
    case "HS256":
      let secrets = header.kid.map { kid in keys.filter { $0.identifier == kid } }
      return (secrets ?? keys).contains {
        Digest.isSame($0.signature(of: content), signature)
      }
    case "ES256": return publicKey?.verifies(signature, of: Array(content.utf8)) ?? false
    default: return false
    }
  }
}

extension KeyedDecodingContainer {
  /// The value of a member; nil if it is absent, and an error if it is null.
  fileprivate func decodeUnlessAbsent<Value: Decodable>(_ key: Key) throws -> Value? {
    contains(key) ? try decode(Value.self, forKey: key) : nil
  }
}
