// SPDX-License-Identifier: Apache-2.0

package import Net

/// How receivers with TLS are authenticated, and how this program authenticates itself to them.
package struct PushTLS: Sendable, Equatable {
  /// The paths of a certificate and of its key, in PEM.
  package struct Identity: Sendable, Equatable {
    package let certificate: String
    package let key: String

    /// An identity of two files.
    package init(certificate: String, key: String) {
      self.certificate = certificate
      self.key = key
    }
  }

  /// The certificates that receivers may have.
  package var trust = ServerTrust.system
  /// The certificate of this program for CMAF; nil for none.
  package var identity: Identity?

  /// The system's authorities, without an identity.
  package init() {}

  /// The context of connections.
  ///
  /// - Throws: if a file is unusable.
  package func context() throws(TLSError) -> ClientContext {
    let context = try ClientContext(trust)
    if let identity {
      try context.identify(certificate: identity.certificate, key: identity.key)
    }
    return context
  }
}
