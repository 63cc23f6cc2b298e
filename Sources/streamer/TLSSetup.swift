// SPDX-License-Identifier: Apache-2.0

import Net

/// HTTPS as the settings ask for it: checked, and its certificate loaded.
struct TLSSetup {
  /// The port where a certificate was given and no port.
  static let usualPort: UInt16 = 8443

  /// The port; 0 for any that is free.
  let port: UInt16
  let context: TLSContext
  /// The certificate that was made here, if it was.
  let selfSigned: SelfSignedCertificate?

  /// Nil where no HTTPS is asked for.
  init?(_ settings: Settings) throws(UsageError) {
    if settings.isSelfSigned, settings.certificate != nil || settings.certificateKey != nil {
      throw UsageError(
        "--self-signed and --tls-cert: both were given; allowed is one certificate")
    }
    if settings.certificate == nil, let orphan = Self.orphan(settings) {
      throw UsageError("\(orphan): no certificate was given; allowed is with --tls-cert")
    }
    guard settings.isSelfSigned || settings.certificate != nil else {
      guard let port = settings.securePort else { return nil }
      throw UsageError(
        "--https-port", given: "\(port)",
        allowed: "a port with --tls-cert and --tls-key, or with --self-signed")
    }
    port = settings.securePort ?? Self.usualPort
    guard port == 0 || port != settings.port || !settings.servesPlain else {
      throw UsageError("--https-port", given: "\(port)", allowed: "another port than --http-port")
    }
    if let certificate = settings.certificate {
      guard let key = settings.certificateKey else {
        throw UsageError("--tls-cert: no key was given; allowed is with --tls-key")
      }
      selfSigned = nil
      let source = TLSSource.files(
        certificate: certificate, key: key, chain: settings.certificateChain)
      do throws(TLSError) { context = try TLSContext(source) } catch { throw Self.usage(error) }
    } else {
      do throws(TLSError) {
        let made = try SelfSignedCertificate(
          folder: PrivateFile.stateFolder(PrivateFile.variable))
        selfSigned = made
        context = try TLSContext(.text(made.text))
      } catch { throw Self.usage(error) }
    }
  }

  /// What the log says of a certificate that was made here.
  var note: String? {
    guard let selfSigned else { return nil }
    let place = selfSigned.path.map { "kept in \($0)" } ?? "not kept"
    return "self-signed, \(place); SHA-256 \(context.fingerprint)"
  }

  private static func orphan(_ settings: Settings) -> String? {
    if settings.certificateKey != nil { return "--tls-key" }
    return settings.certificateChain != nil ? "--tls-chain" : nil
  }

  private static func usage(_ error: TLSError) -> UsageError {
    switch error {
    case .unusable(_, "certificate", _):
      UsageError("--tls-cert: \(error); allowed is a readable PEM file")
    case .unusable(_, "chain", _):
      UsageError("--tls-chain: \(error); allowed is a readable PEM file")
    case .unusable: UsageError("--tls-key: \(error); allowed is a readable PEM file")
    case .keyMismatch: UsageError("--tls-key: \(error)")
    case .refused: UsageError("TLS: \(error)")
    }
  }
}
