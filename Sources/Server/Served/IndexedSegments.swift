// SPDX-License-Identifier: Apache-2.0

import Archive
import CMAF
import Packaging
import Sharing

/// The rows and the digests of a complete segment.
struct IndexedSegment: Sendable {
  let index: SegmentIndex
  /// nil if OpenSSL refuses the algorithm.
  let digest: SegmentDigest?

  /// Reads the chunks of a segment.
  ///
  /// - Throws: ``BoxError`` if they cannot be read.
  init(_ segment: Segment) throws(BoxError) {
    var index = SegmentIndex()
    let digester = SegmentDigester()
    for chunk in segment.chunks {
      try index.append(chunk.bytes)
      digester.add(chunk.bytes, of: index)
    }
    self.index = index
    digest = digester.digest()
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
