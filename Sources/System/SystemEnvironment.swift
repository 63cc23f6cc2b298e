// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The variables of the environment.
package enum SystemEnvironment {
  /// The value of a variable; nil if it is not set.
  package static func value(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }
}
