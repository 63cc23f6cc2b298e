// SPDX-License-Identifier: Apache-2.0

import Logging
import Net
import Registry

/// What a program does at SIGHUP, on a thread of its own; see ``ProgramLoop`` for the logs.
extension Program {
  /// Reads the streams of the configuration again, and the certificate for new connections.
  ///
  /// After an error the earlier ones remain.
  func reload() {
    registry.reload()
    guard let tls, tls.isReloaded else { return }
    do throws(TLSError) {
      try tls.context.reload()
      log.write(.info, "certificate", "reloaded; SHA-256 \(tls.context.fingerprint)")
    } catch {
      log.write(.error, "certificate", "not reloaded, the earlier one remains: \(error)")
    }
  }
}
