// SPDX-License-Identifier: Apache-2.0

import Time

/// Decides whether the oldest hours are removed from a disk that is nearly full: a pure machine.
///
/// Another program may fill the disk faster than the removal of hours frees it, or a snapshot may
/// keep their bytes: then all hours would be lost for nothing.
package struct SpaceRelief: Sendable {
  /// The removed hours after which removal ends, if they have freed too little.
  package static let maximumUseless: Int64 = 2

  /// The removed hours that have freed too little.
  private var useless: Int64 = 0
  /// The hours that were removed since the last measurement, and the free bytes before them.
  private var removed: (count: Int64, free: Int64)?

  /// Nothing was removed yet.
  package init() {}

  /// Whether hours may be removed.
  package var isUseful: Bool { useless < Self.maximumUseless }

  /// The bytes of the disk are measured.
  ///
  /// - Returns: the bytes that are missing.
  package mutating func measure(total: Int64, free: Int64) -> Int64 {
    let missing = Retention.missing(total: total, free: free)
    if missing == 0 {
      useless = 0
    } else if let removed {
      useless = free <= removed.free ? useless.addingSaturated(removed.count) : 0
    }
    removed = nil
    return missing
  }

  /// An hour was removed.
  ///
  /// - Parameters:
  ///   - size: its bytes. Removal is useless if it frees less than half of them: a snapshot or a
  ///     reader may keep the hour, and the files beside it are freed all the same.
  ///   - before: the free bytes before its removal.
  ///   - after: the free bytes after it.
  package mutating func remove(_ size: Int64, before: Int64, after: Int64) {
    guard after > before, after.subtractingSaturated(before) >= size / 2 else {
      useless = useless.addingSaturated(1)
      return
    }
    removed = ((removed?.count ?? 0).addingSaturated(1), removed?.free ?? before)
  }
}
