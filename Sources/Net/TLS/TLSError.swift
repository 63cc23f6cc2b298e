// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import System

/// An error of certificates and keys; `description` is one line for the operator.
package enum TLSError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file is missing, unreadable, or has no usable content.
  case unusable(path: String, what: String, reason: String)
  /// The key does not belong to the certificate.
  case keyMismatch(certificate: String, key: String)
  /// A call of OpenSSL failed unexpectedly.
  case refused(call: String, reason: String)

  package var description: String {
    switch self {
    case .unusable(let path, let what, let reason):
      "\"\(path)\" holds no usable \(what): \(reason)"
    case .keyMismatch(let certificate, let key):
      "the key in \"\(key)\" is not that of the certificate in \"\(certificate)\""
    case .refused(let call, let reason): "\(call): \(reason)"
    }
  }

  /// The first reason in the thread's error queue, which is empty afterwards.
  static func reason() -> String {
    let code = ERR_get_error()
    ERR_clear_error()
    // OpenSSL marks the number of a system error by the highest bit of the code.
    if (code & 0x8000_0000) != 0 { return SystemError.reason(Int32(code & 0x7fff_ffff)) }
    guard let text = unsafe ERR_reason_error_string(code) else { return "unknown error" }
    return unsafe String(cString: text)
  }
}
