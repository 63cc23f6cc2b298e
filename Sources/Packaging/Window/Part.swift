// SPDX-License-Identifier: Apache-2.0

package import Sharing
package import Time

/// A Partial Segment: a sequence of whole CMAF chunks and its entry in a playlist.
///
/// - Source: RFC 8216bis §4.4.4.9
package final class Part: Sendable {
  /// The Media Sequence Number of the Parent Segment, counted from 1970.
  package let segment: Int64
  /// The Part Index, from 0.
  package let index: Int64
  /// The chunks in order; empty in a gap.
  package let chunks: [Chunk]
  /// The duration in ticks of the track's timescale, not rounded; EXT-X-PART rounds it.
  package let duration: Int64

  init(segment: Int64, index: Int64, chunks: [Chunk]) {
    self.segment = segment
    self.index = index
    self.chunks = chunks
    self.duration = chunks.reduce(0) { $0 + $1.duration }
  }

  /// A part that was missing when it had to be listed (GAP=YES).
  init(late index: Int64, of segment: Int64, duration: Int64) {
    self.segment = segment
    self.index = index
    self.chunks = []
    self.duration = duration
  }

  /// Whether the part has no media (GAP=YES).
  package var isGap: Bool { chunks.isEmpty }
  /// Whether its rendition is left out: the part has media, which players should not choose.
  package var isStill: Bool { chunks.contains { $0.isStill } }
  /// Whether the part contains an independent frame.
  package var isIndependent: Bool { chunks.contains { $0.isIndependent } }
  /// The capture time of its first frame.
  package var captured: WallTime { chunks.first?.captured ?? .origin }
  /// The publish time of its last chunk.
  package var published: WallTime { chunks.last?.published ?? .origin }
  /// The bytes of the part, in the order of transmission.
  package var bytes: [SharedBytes] { chunks.map(\.bytes) }
}
