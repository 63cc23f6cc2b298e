// SPDX-License-Identifier: Apache-2.0

package import Time

/// The segment to which chunks are still appended.
package struct OpenSegment: Sendable {
  /// The Media Sequence Number, counted from 1970.
  package let number: Int64
  /// Index of its first frame on the grid.
  package let firstFrame: Int64
  /// See ``Segment/programDateTime``.
  package let programDateTime: WallTime
  /// See ``Segment/startsDiscontinuity``.
  package let startsDiscontinuity: Bool
  /// See ``Segment/period``.
  package let period: DiscontinuityPeriod
  /// See ``Segment/isPrefill``.
  package let isPrefill: Bool
  /// Whether it has no media because the source was away.
  package internal(set) var isOutage = false
  /// The complete parts.
  package internal(set) var parts: [Part] = []
  /// All chunks, also those of the unfinished part.
  package internal(set) var chunks: [Chunk] = []

  /// The segment with its first `count` parts; `late` gives a gap for each missing part.
  func listing(_ count: Int64, late: (Int64) -> Part?) -> OpenSegment {
    var listed = self
    listed.parts = (0..<count).map { index in late(index) ?? parts[Int(index)] }
    return listed
  }

  /// A gap in place of the segment.
  func gap(duration: Int64) -> Segment {
    var empty = self
    empty.parts = []
    empty.chunks = []
    return Segment(opening: empty, duration: duration)
  }

  mutating func append(_ chunk: Chunk) { chunks.append(chunk) }
}
