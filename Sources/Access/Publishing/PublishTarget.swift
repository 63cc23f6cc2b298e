// SPDX-License-Identifier: Apache-2.0

package import System

/// How publishers address one stream, and its key.
package struct PublishTarget: Sendable, Equatable {
  /// The key in `rtmp://host/STREAM/KEY`; nil for none.
  package var key: SecretDigest?
  /// Application and key as one path that leads to the stream, whatever its name; nil for none.
  package var path: SecretDigest?
  /// What callers by SRT encrypt with; nil for no encryption.
  package var passphrase: Passphrase?
  /// The certificates of clients that need neither.
  package var certificates: CertificateNames
  /// When another publisher replaces the present one.
  package var takeover: Takeover

  /// The name of the stream with a key, or a path.
  package init(
    key: SecretDigest? = nil, path: SecretDigest? = nil, passphrase: Passphrase? = nil,
    certificates: CertificateNames = CertificateNames(), takeover: Takeover = .silent
  ) {
    self.certificates = certificates
    self.key = key
    self.path = path
    self.passphrase = passphrase
    self.takeover = takeover
  }

  /// Whether clients need neither a key nor a path nor a certificate.
  package var isOpen: Bool { key == nil && path == nil && certificates.isEmpty }

  /// Whether only a certificate permits to publish.
  package var needsCertificate: Bool { key == nil && path == nil && !certificates.isEmpty }
}
