// SPDX-License-Identifier: Apache-2.0

import CLinux

/// The limit of descriptors of the process.
package enum DescriptorLimit {
  /// Raises the soft limit to the hard limit if the system permits it.
  ///
  /// - Returns: the soft limit.
  package static func raise() -> Int {
    Int(clamping: clinux_raise_descriptor_limit())
  }
}
