// SPDX-License-Identifier: Apache-2.0

import Checked
package import Net
import System

/// The permission to play one stream until a time: `KID.EXP.SID.SIG`, a segment of a path.
///
/// SIG is HMAC-SHA256 of `v1|STREAM|EXP|ADDRESS|SID` in base64url, by the key KID. ADDRESS is empty
/// in a token for clients of all addresses. Relative URLs in playlists keep the segment, so that no
/// playlist is rendered for one viewer.
package struct PlaybackToken: Sendable, Equatable {
  /// The verdict on a token.
  package enum Verdict: Sendable, Equatable {
    /// Valid for clients of all addresses, or for those of the owner of one address.
    case valid(PeerAddress?)
    /// Signed by a known key for this stream, and too old.
    case expired
    /// Signed by an unknown key, for another stream or address, or not at all.
    case invalid
  }

  /// The largest difference of two clocks, in seconds.
  package static let clockSkew: Int64 = 60
  /// The largest expiry, in seconds since 1970.
  package static let lastExpiry: Int64 = 999_999_999_999
  /// The length of a signature of 32 bytes in base64url.
  private static let signatureLength = 43

  /// The name of the key.
  package let key: String
  /// When the token ends, in seconds since 1970.
  package let expiry: Int64
  /// The client session.
  package let session: String
  private let signature: String

  /// Reads a token; nil for any other text.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4, (1...16).contains(parts[0].utf8.count), NameCharacters.isWord(parts[0]),
      let expiry = Self.expiry(parts[1]), Self.isSession(parts[2]),
      parts[3].utf8.count == Self.signatureLength, NameCharacters.isWord(parts[3])
    else { return nil }
    key = String(parts[0])
    self.expiry = expiry
    session = String(parts[2])
    signature = String(parts[3])
  }

  /// A token for a stream, signed by `key`.
  ///
  /// - Parameters:
  ///   - stream: the name of the stream.
  ///   - expiry: the end of the token in seconds since 1970, at most ``lastExpiry``.
  ///   - session: the name of the client session.
  ///   - address: the address of the clients; nil for all addresses.
  ///   - key: the key.
  package init(
    stream: String, expiry: Int64, session: String, address: PeerAddress? = nil, key: TokenKey
  ) {
    self.key = key.identifier
    self.expiry = expiry
    self.session = session
    signature = Self.signature(stream, expiry, address, session, key)
  }

  /// The expiry in a token: at most ``lastExpiry``, without a sign and leading zeros.
  static func expiry(_ text: some StringProtocol) -> Int64? {
    guard let expiry = Int64(text), "\(expiry)" == text, (0...lastExpiry).contains(expiry) else {
      return nil
    }
    return expiry
  }

  /// Whether a text can be the name of a client session: 1 to 64 letters, digits, `_` and `-`.
  package static func isSession(_ text: some StringProtocol) -> Bool {
    (1...64).contains(text.utf8.count) && NameCharacters.isWord(text)
  }

  /// A random name of a client session.
  package static func newSession() -> String { Base64.encode(Digest.random(9), .url) }

  /// The token as a segment of a path.
  package var text: String { "\(key).\(expiry).\(session).\(signature)" }

  /// Checks the signature in constant time, then the expiry.
  ///
  /// - Parameters:
  ///   - stream: the name of the requested stream.
  ///   - peer: the client.
  ///   - keys: the known keys.
  ///   - now: seconds since 1970.
  /// - Returns: the verdict.
  package func verdict(
    on stream: String, by peer: PeerAddress, _ keys: [TokenKey], now: Int64
  ) -> Verdict {
    guard let known = keys.first(where: { $0.identifier == key }) else { return .invalid }
    let isForAll = isSigned(stream, nil, known)
    guard isForAll || isSigned(stream, peer, known) else { return .invalid }
    // bounded: an expiry has at most 12 digits
    guard now < expiry + Self.clockSkew else { return .expired }
    return .valid(isForAll ? nil : peer.owner)
  }

  private func isSigned(_ stream: String, _ address: PeerAddress?, _ key: TokenKey) -> Bool {
    let expected = Self.signature(stream, expiry, address, session, key)
    return Digest.isSame(Array(expected.utf8), Array(signature.utf8))
  }

  private static func signature(
    _ stream: String, _ expiry: Int64, _ address: PeerAddress?, _ session: String, _ key: TokenKey
  ) -> String {
    let address = address.map { "\($0.owner)" } ?? ""
    return Base64.encode(key.signature(of: "v1|\(stream)|\(expiry)|\(address)|\(session)"), .url)
  }
}
