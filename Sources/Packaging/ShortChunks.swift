// SPDX-License-Identifier: Apache-2.0

import Sharing
import Synchronization

/// The newest short chunks of an audio rendition: one or two AAC frames each, published before the
/// part that contains them.
///
/// Viewers over WebSockets get them in place of the parts, whose duration would be latency.
package final class ShortChunks: Sendable {
  /// The chunks that are kept: those of two parts of 0.2 s.
  private static let capacity = 16

  private struct Kept {
    var chunks: [Chunk] = []
    /// The number of all chunks so far.
    var count: Int64 = 0
  }

  private let kept = Locked(Kept())
  private let total = Atomic<Int64>(0)
  private let readers = Atomic<Int>(0)

  init() {}

  /// The number of chunks so far.
  package var count: Int64 { total.load(ordering: .acquiring) }

  /// Whether the publisher must wake the readers.
  var hasReaders: Bool { readers.load(ordering: .relaxed) > 0 }

  /// A reader begins.
  package func addReader() { readers.add(1, ordering: .relaxed) }

  /// A reader has ended.
  package func removeReader() { readers.subtract(1, ordering: .relaxed) }

  func append(_ chunk: Chunk) {
    kept.withLock { kept in
      if kept.chunks.count >= Self.capacity { kept.chunks.removeFirst() }
      kept.chunks.append(chunk)
      kept.count += 1
      total.store(kept.count, ordering: .releasing)
    }
  }

  /// The kept chunks after the first `count` ones, in order, and the number of all chunks.
  package func chunks(after count: Int64) -> (chunks: [Chunk], count: Int64) {
    kept.withLock { kept in
      // bounded: two numbers of chunks
      let new = Int(clamping: kept.count - count)
      return (kept.chunks.suffix(max(0, new)), kept.count)
    }
  }
}
