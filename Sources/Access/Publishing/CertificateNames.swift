// SPDX-License-Identifier: Apache-2.0

package import Net

/// The clients' certificates that permit to publish a stream.
package struct CertificateNames: Sendable, Equatable {
  /// The most bytes of a name.
  private static let longest = 1024

  /// Common names, or whole subjects, which contain `=`; `*` is any certificate of the authorities.
  package let names: [String]

  /// Certificates with one of these names.
  package init(_ names: [String] = []) { self.names = names }

  /// Whether no certificate permits it.
  package var isEmpty: Bool { names.isEmpty }

  /// Whether a text can be a name.
  package static func isName(_ text: String) -> Bool {
    (1...longest).contains(text.utf8.count)
      && !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
  }

  /// Whether a client may publish; false without a certificate.
  package func admit(_ certificate: ClientCertificate?) -> Bool {
    guard let certificate else { return false }
    return names.contains { name in
      if name == "*" { return true }
      return name.contains("=") ? name == certificate.subject : name == certificate.commonName
    }
  }
}
