// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import System

/// Loads certificates and keys, as PEM text, into OpenSSL.
enum Certificates {
  /// Loads files into `context`; an error names the file.
  @unsafe static func use(
    _ context: OpaquePointer, certificate: String, key: String, chain: String?
  ) throws(TLSError) {
    try check(certificate, "certificate")
    try check(key, "private key")
    if let chain { try check(chain, "chain") }
    ERR_clear_error()
    guard unsafe SSL_CTX_use_certificate_chain_file(context, certificate) == 1 else {
      throw .unusable(path: certificate, what: "certificate", reason: TLSError.reason())
    }
    if let chain { try unsafe add(chain, to: context) }
    ERR_clear_error()
    guard unsafe SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1 else {
      if isMismatch() { throw .keyMismatch(certificate: certificate, key: key) }
      throw .unusable(path: key, what: "private key", reason: TLSError.reason())
    }
    guard unsafe SSL_CTX_check_private_key(context) == 1 else {
      ERR_clear_error()
      throw .keyMismatch(certificate: certificate, key: key)
    }
  }

  /// OpenSSL would wait for the writer of a pipe, and read a device without an end.
  static func check(_ path: String, _ what: String) throws(TLSError) {
    do throws(RegularFile.Failure) { try RegularFile.check(path) } catch {
      throw .unusable(path: path, what: what, reason: error.reason)
    }
  }

  /// Loads certificate and key from one text into `context`.
  @unsafe static func use(_ context: OpaquePointer, text: [UInt8]) throws(TLSError) {
    ERR_clear_error()
    guard let (certificate, key) = unsafe parse(text) else {
      throw .refused(call: "PEM_read_bio", reason: TLSError.reason())
    }
    defer {
      unsafe X509_free(certificate)
      unsafe EVP_PKEY_free(key)
    }
    guard unsafe SSL_CTX_use_certificate(context, certificate) == 1,
      unsafe SSL_CTX_use_PrivateKey(context, key) == 1
    else { throw .refused(call: "SSL_CTX_use_certificate", reason: TLSError.reason()) }
  }

  /// The first certificate and the first key in `text`; the caller frees both.
  @unsafe static func parse(
    _ text: [UInt8]
  ) -> (certificate: OpaquePointer, key: OpaquePointer)? {
    guard let memory = unsafe BIO_new_mem_buf(text, Int32(text.count)) else { return nil }
    let certificate = unsafe PEM_read_bio_X509(memory, nil, copenssl_no_passphrase, nil)
    unsafe BIO_free(memory)
    guard let certificate = unsafe certificate,
      let again = unsafe BIO_new_mem_buf(text, Int32(text.count))
    else { return nil }
    let key = unsafe PEM_read_bio_PrivateKey(again, nil, copenssl_no_passphrase, nil)
    unsafe BIO_free(again)
    guard let key = unsafe key else {
      unsafe X509_free(certificate)
      return nil
    }
    return unsafe (certificate, key)
  }

  /// SHA-256 of a certificate, as browsers show it.
  @unsafe static func fingerprint(_ certificate: OpaquePointer) -> String {
    var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var count: UInt32 = 0
    unsafe X509_digest(certificate, EVP_sha256(), &digest, &count)
    let digits = Array("0123456789ABCDEF")
    return digest.prefix(Int(count)).map { "\(digits[Int($0 >> 4)])\(digits[Int($0 & 15)])" }
      .joined(separator: ":")
  }

  @unsafe private static func add(
    _ path: String, to context: OpaquePointer
  ) throws(TLSError) {
    guard let file = unsafe BIO_new_file(path, "r") else {
      throw .unusable(path: path, what: "chain", reason: TLSError.reason())
    }
    defer { unsafe BIO_free(file) }
    var count = 0
    while let certificate = unsafe PEM_read_bio_X509(file, nil, copenssl_no_passphrase, nil) {
      defer { unsafe X509_free(certificate) }
      guard unsafe copenssl_add_chain(context, certificate) == 1 else { break }
      count += 1
    }
    guard count > 0 else {
      throw .unusable(path: path, what: "chain", reason: TLSError.reason())
    }
    ERR_clear_error()
  }

  private static func isMismatch() -> Bool {
    let code = ERR_peek_last_error()
    return ERR_GET_LIB(code) == ERR_LIB_X509 && ERR_GET_REASON(code) == X509_R_KEY_VALUES_MISMATCH
  }
}
