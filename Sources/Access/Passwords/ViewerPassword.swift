// SPDX-License-Identifier: Apache-2.0

import Checked
import Net
import System
package import Time

/// The password of a stream, and the keys by which the server signs for its viewers.
///
/// The keys are derived from the hash: a new password ends the tokens and cookies of the former
/// one.
package struct ViewerPassword: Sendable, Equatable {
  /// How long a playback token of a password is valid.
  package static let tokenLifetime = Interval.seconds(600)
  /// How long a browser may continue without the password: 30 days.
  package static let cookieLifetime = Interval.seconds(2_592_000)
  /// The start of key names.
  private static let keyPrefix = "pw-"

  /// The hash of the password.
  package let hash: PasswordHash
  /// The keys of its tokens, the signing one first; at least one.
  package let keys: [TokenKey]

  /// The password with this hash.
  ///
  /// - Parameters:
  ///   - hash: its hash.
  ///   - sources: the keys of which those of the password are derived, at least one. Two servers
  ///     with the same sources accept the tokens and cookies of each other.
  package init(_ hash: PasswordHash, sources: [TokenKey]) {
    self.hash = hash
    keys = sources.map { source in
      let secret = source.signature(of: "v1|viewer-password|\(hash.text)")
      let name = hexadecimal(source.signature(of: "v1|viewer-key|\(hash.text)").prefix(4))
      return TokenKey(named: Self.keyPrefix + name, secret: secret)
    }
  }

  /// The next playback token of a viewer.
  ///
  /// - Parameters:
  ///   - stream: the name of the stream.
  ///   - session: the name of the client session.
  ///   - now: seconds since 1970.
  /// - Returns: the token, for ``tokenLifetime``; nil without a key.
  package func token(for stream: String, session: String, now: Int64) -> PlaybackToken? {
    sign(stream, session, until: now + Self.tokenLifetime.wholeSeconds)
  }

  /// The cookie of a viewer after the password: a token that permits no playback.
  package func cookie(for stream: String, session: String, now: Int64) -> PlaybackToken? {
    sign(Self.subject(stream), session, until: now + Self.cookieLifetime.wholeSeconds)
  }

  /// The cookie in a text; nil if it is none of this stream and password, or has expired.
  package func cookie(_ text: String, for stream: String, now: Int64) -> PlaybackToken? {
    guard let cookie = PlaybackToken(text), now < cookie.expiry,
      case .valid = cookie.verdict(on: Self.subject(stream), by: .none, keys, now: now)
    else { return nil }
    return cookie
  }

  /// Whether a cookie is in the second half of its time, and should be replaced.
  package static func isOld(_ cookie: PlaybackToken, now: Int64) -> Bool {
    // bounded: an expiry has at most 12 digits
    cookie.expiry - now < cookieLifetime.wholeSeconds / 2
  }

  /// The subject of a cookie's signature: no stream has a slash in its name.
  private static func subject(_ stream: String) -> String { "login/\(stream)" }

  private func sign(_ subject: String, _ session: String, until expiry: Int64) -> PlaybackToken? {
    keys.first.map {
      PlaybackToken(stream: subject, expiry: expiry, session: session, key: $0)
    }
  }
}
