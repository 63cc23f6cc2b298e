// SPDX-License-Identifier: Apache-2.0

import CLinux

/// How many descriptors the process may have.
package enum DescriptorLimit {
  /// Raises the soft limit to the hard one where that is allowed.
  ///
  /// - Returns: the limit that holds from now on; to be clamped to, not to be wished away.
  package static func raise() -> Int {
    Int(clamping: clinux_raise_descriptor_limit())
  }
}
