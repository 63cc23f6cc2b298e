// SPDX-License-Identifier: Apache-2.0

package import Sharing

/// One Partial Segment: a run of whole CMAF chunks and what a playlist says of it.
///
/// `duration` is in ticks of the track's timescale and is never rounded here; EXT-X-PART rounds it.
/// - Source: RFC 8216bis §4.4.4.9
package final class Part: Sendable {
  /// The Media Sequence Number of the parent segment, counted from 1970.
  package let segment: Int64
  /// The Part Index: its place in the parent, from 0.
  package let index: Int64
  /// The chunks in order; none in a gap.
  package let chunks: [Chunk]
  /// Ticks of the track's timescale.
  package let duration: Int64

  init(segment: Int64, index: Int64, chunks: [Chunk]) {
    self.segment = segment
    self.index = index
    self.chunks = chunks
    self.duration = chunks.reduce(0) { $0 + $1.duration }
  }

  /// A part that was not there when it had to be listed (GAP=YES).
  init(late index: Int64, of segment: Int64, duration: Int64) {
    self.segment = segment
    self.index = index
    self.chunks = []
    self.duration = duration
  }

  /// Whether the part cannot be had (GAP=YES).
  package var isGap: Bool { chunks.isEmpty }
  /// Whether the part contains an independent frame.
  package var isIndependent: Bool { chunks.contains { $0.isIndependent } }
  /// When its first frame was captured: wall clock, nanoseconds since 1970.
  package var captured: Int64 { chunks.first?.captured ?? 0 }
  /// When its last chunk entered the window: wall clock, nanoseconds since 1970.
  package var published: Int64 { chunks.last?.published ?? 0 }
  /// The bytes of the part, in the order in which they are sent.
  package var bytes: [SharedBytes] { chunks.map(\.bytes) }
}
