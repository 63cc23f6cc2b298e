// SPDX-License-Identifier: Apache-2.0

package import Sharing
package import Time

/// A complete Media Segment: a sequence of parts, or a number without media.
package final class Segment: Sendable {
  /// Its content.
  let content: OpenSegment
  /// The duration in ticks of the track's timescale, with the frames that were lost; nominal in a
  /// gap.
  package let duration: Int64

  init(opening: OpenSegment, duration: Int64) {
    content = opening
    self.duration = duration
  }

  /// The same segment with other parts, for playlists.
  convenience init(_ segment: Segment, parts: [Part]) {
    var content = segment.content
    content.parts = parts
    self.init(opening: content, duration: segment.duration)
  }

  /// The Media Sequence Number, counted from 1970.
  package var number: Int64 { content.number }
  /// Index of its first frame on the grid.
  package var firstFrame: Int64 { content.firstFrame }
  /// The parts in order; empty in a gap.
  package var parts: [Part] { content.parts }
  /// The chunks of the parts in order.
  package var chunks: [Chunk] { content.chunks }
  /// EXT-X-PROGRAM-DATE-TIME: the first frame's time plus the offset of the segment.
  package var programDateTime: WallTime { content.programDateTime }
  /// Whether a Discontinuity precedes it.
  package var startsDiscontinuity: Bool { content.startsDiscontinuity }
  /// Its discontinuity period.
  package var period: DiscontinuityPeriod { content.period }
  /// Whether it is prefill: encoded from a slate before the stream went live.
  package var isPrefill: Bool { content.isPrefill }
  /// Whether the number has no media (EXT-X-GAP).
  package var isGap: Bool { parts.isEmpty }
  /// Whether the number has no media because the source was away.
  package var isOutage: Bool { content.isOutage }
  /// Whether the number has a gap in playlists: without media, or since its rendition is left out.
  package var isListedAsGap: Bool { chunks.allSatisfy(\.isStill) }
  /// The publish time of its last chunk.
  package var published: WallTime { parts.last?.published ?? .origin }
}

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
  /// The duration in ticks of the track's timescale, not rounded, with the frames that were lost;
  /// EXT-X-PART rounds it.
  package let duration: Int64

  init(segment: Int64, index: Int64, chunks: [Chunk], duration: Int64) {
    self.segment = segment
    self.index = index
    self.chunks = chunks
    self.duration = duration
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
