// SPDX-License-Identifier: Apache-2.0

import Sharing

/// The segments of the finished hour files that were read last, without their frames.
final class RowCache: Sendable {
  /// A file, as its sums were when it was read.
  struct Key: Sendable, Equatable {
    let folder: HourFolder
    let name: HourName
    let summary: HourIndex.Summary
    let use: HourUse
  }

  /// The number of files; the rows of an hour are about 250 kB.
  private let limit: Int
  private let entries = Locked<[(key: Key, rows: [SegmentRow])]>([])

  /// A cache of the rows of `limit` files.
  init(limit: Int = 16) { self.limit = limit }

  /// The rows of a file, if they are kept.
  func rows(_ key: Key) -> [SegmentRow]? {
    entries.withLock { entries in
      guard let index = entries.firstIndex(where: { $0.key == key }) else { return nil }
      let entry = entries.remove(at: index)
      entries.append(entry)
      return entry.rows
    }
  }

  /// Keeps the rows of a file; the file that was not asked for longest is forgotten.
  func keep(_ rows: [SegmentRow], of key: Key) {
    entries.withLock { entries in
      entries.removeAll { $0.key.folder == key.folder && $0.key.name == key.name }
      entries = entries.suffix(limit - 1) + [(key, rows)]
    }
  }
}
