// SPDX-License-Identifier: Apache-2.0

import CMAF
import Packaging
import Sharing
import Sockets
import System

/// The rows and the digest of a complete segment.
struct IndexedSegment: Sendable {
  let index: SegmentIndex
  /// The SHA-256 of each `moof` and `mdat`: equal on two origins that pass one source through.
  let digest: [UInt8]

  /// Reads the chunks of a segment.
  ///
  /// - Throws: ``BoxError`` if they cannot be read.
  init(_ segment: Segment) throws(BoxError) {
    index = try SegmentIndex(segment.chunks.map(\.bytes))
    let digest = RunningDigest()
    var media = index.media[...]
    var start = 0
    for chunk in segment.chunks {
      // bounded: bytes of a segment in memory
      let end = start + chunk.bytes.count
      while let range = media.first, range.lowerBound < end {
        let first = max(range.lowerBound, start)
        digest.add(chunk.bytes, first - start..<max(first, min(range.upperBound, end)) - start)
        guard range.upperBound <= end else { break }
        media = media.dropFirst()
      }
      start = end
    }
    self.digest = digest.bytes()
  }
}

/// The indices of a window's complete segments, which are read for the first clip that needs them.
final class IndexedSegments: Sendable {
  private let known = Locked<[Int64: IndexedSegment]>([:])

  /// The index of a complete segment.
  ///
  /// - Throws: ``BoxError`` if its chunks cannot be read.
  func index(of segment: Segment) throws(BoxError) -> IndexedSegment {
    if let found = known.withLock({ $0[segment.number] }) { return found }
    let read = try IndexedSegment(segment)
    known.withLock { $0[segment.number] = read }
    return read
  }

  /// Releases the indices of segments before `number`.
  func forget(before number: Int64) {
    known.withLock { known in
      guard known.contains(where: { $0.key < number }) else { return }
      known = known.filter { $0.key >= number }
    }
  }
}
