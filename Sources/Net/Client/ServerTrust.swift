// SPDX-License-Identifier: Apache-2.0

/// Which certificates of HTTPS servers a client accepts.
///
/// A certificate must also be valid for the name or address in the URL.
package enum ServerTrust: Sendable, Equatable, CustomStringConvertible {
  /// Certificates of the system's authorities (or of SSL_CERT_FILE, SSL_CERT_DIR).
  case system
  /// Certificates in a PEM file, and certificates that they have signed.
  case file(String)
  /// Any certificate: the server is not authenticated.
  case unverified

  /// Reads `system`, `none` or a path; nil for an empty text.
  package init?(_ text: String) {
    switch text {
    case "": return nil
    case "system": self = .system
    case "none": self = .unverified
    default: self = .file(text)
    }
  }

  package var description: String {
    switch self {
    case .system: "system"
    case .file(let path): path
    case .unverified: "none"
    }
  }
}
