// SPDX-License-Identifier: Apache-2.0

import Sharing

/// The newest stills, up to a number of bytes: a pure value.
struct StillCache {
  private let limit: Int
  private var stills: [StillName: Still] = [:]
  private var order: [StillName] = []
  private var size = 0

  /// A cache of at most `limit` bytes.
  init(limit: Int) { self.limit = limit }

  /// The still with this name; nil if it is not kept.
  subscript(name: StillName) -> Still? { stills[name] }

  /// Keeps a still.
  ///
  /// - Returns: the stills that are not kept any more.
  mutating func keep(_ still: Still, as name: StillName) -> [Still] {
    guard still.bytes.count <= limit, stills[name] == nil else { return [] }
    stills[name] = still
    order.append(name)
    // bounded: a limited size, and a picture
    size += still.bytes.count
    var removed: [Still] = []
    while size > limit, let oldest = stills.removeValue(forKey: order.removeFirst()) {
      size -= oldest.bytes.count
      removed.append(oldest)
    }
    return removed
  }
}
