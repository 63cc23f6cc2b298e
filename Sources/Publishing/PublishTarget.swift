// SPDX-License-Identifier: Apache-2.0

package import Access
import Net
package import System
package import Time

/// How publishers address one stream, and its key.
package struct PublishTarget: Sendable, Equatable {
  /// The key in `rtmp://host/STREAM/KEY`; nil for none.
  package var key: SecretDigest?
  /// Application and key as one path that leads to the stream, whatever its name; nil for none.
  package var path: SecretDigest?
  /// What callers by SRT encrypt with; nil for no encryption.
  package var passphrase: Passphrase?
  /// When another publisher replaces the present one.
  package var takeover: Takeover

  /// The name of the stream with a key, or a path.
  package init(
    key: SecretDigest? = nil, path: SecretDigest? = nil, passphrase: Passphrase? = nil,
    takeover: Takeover = .silent
  ) {
    self.key = key
    self.path = path
    self.passphrase = passphrase
    self.takeover = takeover
  }

  /// Whether clients need neither a key nor a path.
  var isOpen: Bool { key == nil && path == nil }
}

/// Why a client may not publish.
package enum PublishRefusal: Error, Sendable, Equatable, CustomStringConvertible {
  /// No stream has this name, or the key is another one: clients are not told which.
  case unknown
  /// The client is not on this machine, and the stream has no key.
  case notLocal
  /// Too many attempts of the address have failed; a right key is compared again after this time.
  case tooManyFailures(wait: Interval)
  /// The hook has not admitted the client.
  case notPermitted
  /// Another publisher is connected.
  case taken

  package var description: String {
    switch self {
    case .unknown: "unknown stream or wrong key"
    case .notLocal: "publishing from other machines requires a key"
    case .tooManyFailures(let wait): "too many failed attempts; wait \(wait.secondsRoundedUp) s"
    case .notPermitted: "not permitted"
    case .taken: "already published"
    }
  }
}
