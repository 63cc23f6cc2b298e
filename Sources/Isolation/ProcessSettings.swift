// SPDX-License-Identifier: Apache-2.0

import CLinux

/// The signals of the process.
package enum SystemSignals {
  /// Ignores a signal.
  package static func ignore(_ number: Int32) { _ = clinux_ignore_signal(number) }
}
