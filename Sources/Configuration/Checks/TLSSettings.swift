// SPDX-License-Identifier: Apache-2.0

package import Net

/// The settings of HTTPS, checked, and the certificate if it is in files.
package struct TLSSettings: Sendable {
  /// Where the certificate is from.
  package enum Certificate: Sendable {
    /// From files, read.
    case files(TLSContext)
    /// To be generated, or kept from an earlier start.
    case selfSigned

    /// Whether it is from files.
    package var isFile: Bool { if case .files = self { true } else { false } }
  }

  /// The port; 0: any free port.
  package let port: UInt16
  package let certificate: Certificate
  /// The authorities of clients' certificates; nil if clients are not asked for one.
  package let clients: ClientAuthorities?

  /// Nil without HTTPS.
  ///
  /// - Throws: an error for settings that exclude each other, or for a wrong file.
  init?(_ settings: ProgramSettings) throws(UsageError) {
    if settings.isSelfSigned, settings.certificate != nil || settings.certificateKey != nil {
      throw UsageError(
        [.option("self-signed"), .option("tls-cert")], .combination, expected: "one certificate")
    }
    if settings.certificate == nil, let orphan = Self.orphan(settings) {
      throw UsageError(.option(orphan), .problem("requires \(option: "tls-cert")"))
    }
    if settings.clientRevocations != nil, settings.clientAuthorities == nil {
      throw UsageError(.option("client-crl"), .problem("requires \(option: "client-ca")"))
    }
    clients = settings.clientAuthorities.map {
      ClientAuthorities($0, revoked: settings.clientRevocations)
    }
    guard settings.isSelfSigned || settings.certificate != nil else {
      guard clients == nil else {
        throw UsageError(
          .option("client-ca"),
          .problem("requires \(option: "tls-cert") or \(option: "self-signed")"))
      }
      guard let port = settings.securePort else { return nil }
      throw UsageError(
        .option("https-port"), .value("\(port)"),
        expected: """
          a port with \(option: "tls-cert") and \(option: "tls-key"), \
          or with \(option: "self-signed")
          """)
    }
    port = settings.securePort ?? ProgramSettings.defaultSecurePort
    guard port == 0 || settings.plainPort != .port(port) else {
      throw UsageError(
        .option("https-port"), .value("\(port)"),
        expected: "another port than \(option: "http-port")")
    }
    guard let certificate = settings.certificate else {
      self.certificate = .selfSigned
      return
    }
    guard let key = settings.certificateKey else {
      throw UsageError(.option("tls-cert"), .problem("requires \(option: "tls-key")"))
    }
    let source = TLSSource.files(
      certificate: certificate, key: key, chain: settings.certificateChain)
    do throws(TLSError) {
      self.certificate = .files(try TLSContext(source, clients: clients))
    } catch {
      throw Self.usageError(error)
    }
  }

  private static func orphan(_ settings: ProgramSettings) -> String? {
    if settings.certificateKey != nil { return "tls-key" }
    return settings.certificateChain != nil ? "tls-chain" : nil
  }

  /// The error of settings for an error of TLS.
  package static func usageError(_ error: TLSError) -> UsageError {
    switch error {
    case .unusable(_, let what, _):
      let options = [
        "certificate": "tls-cert", "chain": "tls-chain",
        ClientAuthorities.what.authority: "client-ca", ClientAuthorities.what.list: "client-crl",
      ]
      return UsageError(
        .option(options[what] ?? "tls-key"), .problem("\(error)"), expected: "a readable PEM file")
    case .keyMismatch: return UsageError(.option("tls-key"), .problem("\(error)"))
    case .refused: return UsageError(.other("TLS"), .problem("\(error)"))
    }
  }
}
