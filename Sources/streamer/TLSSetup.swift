// SPDX-License-Identifier: Apache-2.0

import Configuration
import Net
import System

/// HTTPS with its certificate, which is generated or loaded.
struct TLSSetup {
  /// The port; 0: any free port.
  let port: UInt16
  let context: TLSContext
  /// Nil if the certificate is from files.
  let selfSigned: SelfSignedCertificate?
  /// Whether files of it may change: a generated certificate stays.
  let isReloaded: Bool

  /// Loads the certificate, or generates one.
  init(_ settings: TLSSettings) throws(UsageError) {
    port = settings.port
    isReloaded = settings.certificate.isFile || settings.clients != nil
    switch settings.certificate {
    case .files(let context): (self.context, selfSigned) = (context, nil)
    case .selfSigned:
      do throws(TLSError) {
        let folder = PrivateFile.stateFolder(SystemEnvironment.value)
        let made = try SelfSignedCertificate(folder: folder)
        selfSigned = made
        context = try TLSContext(.text(made.text), clients: settings.clients)
      } catch { throw TLSSettings.usageError(error) }
    }
  }

  /// The log line about a generated certificate; nil if the certificate is from files.
  var note: String? {
    guard let selfSigned else { return nil }
    let location = selfSigned.path.map { "kept in \($0)" } ?? "not kept"
    return "self-signed, \(location); SHA-256 \(context.fingerprint)"
  }
}
