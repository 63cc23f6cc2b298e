// SPDX-License-Identifier: Apache-2.0

package import Time

/// A complete Media Segment: a sequence of parts, or a number without media.
package final class Segment: Sendable {
  /// The Media Sequence Number, counted from 1970.
  package let number: Int64
  /// Index of its first frame on the grid.
  package let firstFrame: Int64
  /// The parts in order; empty in a gap.
  package let parts: [Part]
  /// The chunks of the parts in order.
  package let chunks: [Chunk]
  /// The duration in ticks of the track's timescale; nominal in a gap.
  package let duration: Int64
  /// EXT-X-PROGRAM-DATE-TIME: the first frame's time plus the offset of the segment.
  package let programDateTime: WallTime
  /// Whether a Discontinuity precedes it.
  package let startsDiscontinuity: Bool
  /// Its discontinuity period.
  package let period: DiscontinuityPeriod
  /// Whether it is prefill: encoded from a slate before the stream went live.
  package let isPrefill: Bool

  init(opening: OpenSegment, duration: Int64) {
    self.number = opening.number
    self.firstFrame = opening.firstFrame
    self.parts = opening.parts
    self.chunks = opening.chunks
    self.duration = duration
    self.programDateTime = opening.programDateTime
    self.startsDiscontinuity = opening.startsDiscontinuity
    self.period = opening.period
    self.isPrefill = opening.isPrefill
  }

  /// The same segment with other parts, for playlists.
  convenience init(_ segment: Segment, parts: [Part]) {
    var opening = segment.reopened
    opening.parts = parts
    self.init(opening: opening, duration: segment.duration)
  }

  /// The segment as an open segment.
  var reopened: OpenSegment {
    var open = OpenSegment(
      number: number, firstFrame: firstFrame, programDateTime: programDateTime,
      startsDiscontinuity: startsDiscontinuity, period: period, isPrefill: isPrefill)
    open.parts = parts
    open.chunks = chunks
    return open
  }

  /// Whether the number has no media (EXT-X-GAP).
  package var isGap: Bool { parts.isEmpty }
  /// Whether the number has a gap in playlists: without media, or since its rendition is left out.
  package var isListedAsGap: Bool { chunks.allSatisfy(\.isStill) }
  /// The publish time of its last chunk.
  package var published: WallTime { parts.last?.published ?? .origin }
}
