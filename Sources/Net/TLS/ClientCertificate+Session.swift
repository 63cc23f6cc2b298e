// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import Glibc

extension ClientCertificate {
  /// The certificate of the client of a session; nil without one.
  @unsafe convenience init?(_ session: OpaquePointer) {
    guard let subject = unsafe Self.name(session, isCommon: false) else { return nil }
    self.init(subject: subject, commonName: unsafe Self.name(session, isCommon: true))
  }

  @unsafe private static func name(_ session: OpaquePointer, isCommon: Bool) -> String? {
    guard let text = unsafe copenssl_client_name(session, isCommon ? 1 : 0) else { return nil }
    defer { unsafe free(text) }
    return unsafe String(validatingCString: text)
  }
}
