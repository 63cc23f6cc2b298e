// SPDX-License-Identifier: Apache-2.0

/// The verified certificate of a client.
package final class ClientCertificate: Sendable, Equatable {
  /// The whole subject, such as `CN=gate,O=Example`.
  ///
  /// - Source: RFC 2253 §2
  package let subject: String
  /// The last common name of the subject; nil without one.
  package let commonName: String?

  /// A certificate of this subject.
  package init(subject: String, commonName: String?) {
    self.subject = subject
    self.commonName = commonName
  }

  package static func == (left: ClientCertificate, right: ClientCertificate) -> Bool {
    left.subject == right.subject && left.commonName == right.commonName
  }
}
