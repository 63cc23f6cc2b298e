// SPDX-License-Identifier: Apache-2.0

import Checked
package import System

/// The permission to publish one stream until a time: `p.EXP.SIG`.
///
/// SIG is HMAC-SHA256 of `publish-v1|STREAM|EXP` in base64url, by the SHA-256 of the publish key of
/// the stream: who has the key can sign tokens, and another key ends all of them. A token allows
/// guesses of the key without the server, so that a key that signs has ``shortestKey`` characters
/// or more.
package struct PublishToken: Sendable, Equatable {
  /// The least length of a key that signs.
  package static let shortestKey = 32
  /// The length of a signature of 32 bytes in base64url.
  private static let signatureLength = 43

  /// When the token ends, in seconds since 1970.
  package let expiry: Int64
  private let signature: String

  /// Reads a token; nil for any other text.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "p", let expiry = PlaybackToken.expiry(parts[1]),
      parts[2].utf8.count == Self.signatureLength, NameCharacters.isWord(parts[2])
    else { return nil }
    self.expiry = expiry
    signature = String(parts[2])
  }

  /// A token for a stream, signed by its publish key.
  ///
  /// - Parameters:
  ///   - stream: the name of the stream.
  ///   - expiry: the end of the token in seconds since 1970.
  ///   - key: the publish key of the stream.
  package init(stream: String, expiry: Int64, key: SecretDigest) {
    self.expiry = expiry
    signature = Self.signature(stream, expiry, key)
  }

  /// The token as text.
  package var text: String { "p.\(expiry).\(signature)" }

  /// Checks the signature in constant time, then the expiry.
  ///
  /// - Parameters:
  ///   - stream: the name of the stream.
  ///   - key: its publish key.
  ///   - now: seconds since 1970.
  /// - Returns: why the token permits nothing; nil if it permits to publish the stream.
  package func refusal(on stream: String, _ key: SecretDigest, now: Int64) -> AccessRefusal? {
    let expected = Self.signature(stream, expiry, key)
    guard Digest.isSame(Array(expected.utf8), Array(signature.utf8)) else { return .invalid }
    // bounded: an expiry has at most 12 digits
    return now < expiry + PlaybackToken.clockSkew ? nil : .expired
  }

  private static func signature(_ stream: String, _ expiry: Int64, _ key: SecretDigest) -> String {
    Base64.encode(key.signature(of: "publish-v1|\(stream)|\(expiry)"), .url)
  }
}
