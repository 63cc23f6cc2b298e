// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// The variables of the environment.
package enum SystemEnvironment {
  /// The value of a variable; nil if it is not set.
  package static func value(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }
}

/// The signals of the process.
package enum SystemSignals {
  /// Ignores a signal.
  package static func ignore(_ number: Int32) { _ = clinux_ignore_signal(number) }
}
