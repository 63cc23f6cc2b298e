// SPDX-License-Identifier: Apache-2.0

import Synchronization
package import System

/// The messages between the readers of an hour file and its writer.
///
/// Another file of the same name has another object.
package final class HourUse: Sendable {
  /// Whether the rows that the readers have are those of the file.
  package let lease = FileLease()
  private let isDamaged = Atomic(false)

  /// Whether a reader has found that the index lacks segments.
  var hasDamagedIndex: Bool { isDamaged.load(ordering: .relaxed) }

  /// The index lacks segments, or has them again.
  func setIndex(isDamaged: Bool) { self.isDamaged.store(isDamaged, ordering: .relaxed) }
}

extension HourUse: Equatable {
  /// Whether both are the use of the same file.
  package static func == (left: HourUse, right: HourUse) -> Bool { left === right }
}
