// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The process that this one replaces.
package struct Predecessor: Sendable {
  /// The variable with its process id, which the supervisor sets.
  package static let variable = "HANDOVER_PID"

  /// Its process id.
  let process: Int32

  /// The process that this one replaces; nil for none.
  package static let ofProcess: Predecessor? = {
    guard let text = unsafe getenv(variable), let id = Int32(unsafe String(cString: text)), id > 0
    else { return nil }
    return Predecessor(process: id)
  }()
}
