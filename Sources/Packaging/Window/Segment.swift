// SPDX-License-Identifier: Apache-2.0

package import Time

/// A complete Media Segment: a sequence of parts, or a number without media.
package final class Segment: Sendable {
  /// Its content.
  let content: OpenSegment
  /// The duration in ticks of the track's timescale; nominal in a gap.
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
  /// Whether the number has a gap in playlists: without media, or since its rendition is left out.
  package var isListedAsGap: Bool { chunks.allSatisfy(\.isStill) }
  /// The publish time of its last chunk.
  package var published: WallTime { parts.last?.published ?? .origin }
}
