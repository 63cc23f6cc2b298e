// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// What is wrong with certificates and keys; `description` is one line for the person who runs it.
package enum TLSError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file is not there, not readable, or has nothing of use in it.
  case unusable(path: String, what: String, reason: String)
  /// The key is not the certificate's.
  case keyMismatch(certificate: String, key: String)
  /// OpenSSL refused something that has no reason to fail.
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
    // OpenSSL keeps the number of a system error as the reason in a library of its own.
    if (code & 0x8000_0000) != 0 { return NetError.reason(Int32(code & 0x7fff_ffff)) }
    guard let text = unsafe ERR_reason_error_string(code) else { return "unknown error" }
    return unsafe String(cString: text)
  }
}
