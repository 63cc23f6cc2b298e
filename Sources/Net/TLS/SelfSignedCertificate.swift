// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import System

/// A self-signed certificate for localhost and the machine's own names and addresses; kept in a
/// file, so that a browser which trusts it trusts the server after a restart.
package struct SelfSignedCertificate: Sendable {
  /// The days for which a new certificate is valid: the maximum of Apple's systems.
  static let days: Int32 = 820
  /// With fewer remaining days a new certificate is created.
  static let renewal: Int32 = 14
  static let fileName = "self-signed.pem"

  /// Certificate and key as PEM.
  package let text: [UInt8]
  /// The file of the certificate; nil if it could not be written.
  package let path: String?
  /// Whether the certificate was created now.
  package let isNew: Bool
  /// Why the file could not be written; nil if it was.
  package let problem: String?

  /// Reads the certificate from `folder`, or creates one and writes it there (mode 0600).
  package init(folder: String?) throws(TLSError) {
    let path = folder.map { $0 + "/" + Self.fileName }
    if let path, let kept = PrivateFile.contents(path), Self.isGood(kept) {
      (text, self.path, isNew, problem) = (kept, path, false, nil)
      return
    }
    text = try Self.make(names: MachineNames.current)
    isNew = true
    guard let folder, let path else {
      (self.path, problem) = (nil, "neither STATE_DIRECTORY nor XDG_STATE_HOME nor HOME is set")
      return
    }
    problem = PrivateFile.write(text, to: path, in: folder)
    self.path = problem == nil ? path : nil
  }

  /// Whether the text contains a certificate and its key, valid for at least `renewal` days.
  static func isGood(_ text: [UInt8]) -> Bool {
    ERR_clear_error()
    guard let (certificate, key) = unsafe Certificates.parse(text) else {
      ERR_clear_error()
      return false
    }
    defer {
      unsafe X509_free(certificate)
      unsafe EVP_PKEY_free(key)
    }
    return unsafe X509_check_private_key(certificate, key) == 1
      && copenssl_days_left(certificate) >= renewal
  }

  /// A new key on P-256 and a certificate for it.
  static func make(names: MachineNames) throws(TLSError) -> [UInt8] {
    ERR_clear_error()
    guard let key = unsafe copenssl_new_key() else {
      throw .refused(call: "EVP_EC_gen", reason: TLSError.reason())
    }
    defer { unsafe EVP_PKEY_free(key) }
    guard
      let certificate = unsafe copenssl_self_sign(key, "streamer", names.alternatives, days)
    else { throw .refused(call: "X509_sign", reason: TLSError.reason()) }
    defer { unsafe X509_free(certificate) }
    guard let memory = unsafe BIO_new(BIO_s_mem()) else {
      throw .refused(call: "BIO_new", reason: TLSError.reason())
    }
    defer { unsafe BIO_free(memory) }
    guard unsafe PEM_write_bio_X509(memory, certificate) == 1,
      unsafe PEM_write_bio_PrivateKey(memory, key, nil, nil, 0, nil, nil) == 1
    else { throw .refused(call: "PEM_write_bio", reason: TLSError.reason()) }
    var text = [UInt8](repeating: 0, count: 16 * 1024)
    let count = unsafe BIO_read(memory, &text, Int32(text.count))
    return Array(text.prefix(max(0, Int(count))))
  }
}

extension MachineNames {
  /// The alternative names of a certificate, in the syntax of OpenSSL.
  var alternatives: String {
    (names.map { "DNS:" + $0 } + addresses.map { "IP:" + $0 }).joined(separator: ",")
  }
}
