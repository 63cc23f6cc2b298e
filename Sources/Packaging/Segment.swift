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
  init(_ segment: Segment, parts: [Part]) {
    number = segment.number
    firstFrame = segment.firstFrame
    self.parts = parts
    chunks = segment.chunks
    duration = segment.duration
    programDateTime = segment.programDateTime
    startsDiscontinuity = segment.startsDiscontinuity
    period = segment.period
    isPrefill = segment.isPrefill
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
  /// The publish time of its last chunk.
  package var published: WallTime { parts.last?.published ?? .origin }
}

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
  /// The complete parts.
  package fileprivate(set) var parts: [Part] = []
  /// All chunks, also those of the unfinished part.
  package fileprivate(set) var chunks: [Chunk] = []

  init(
    number: Int64, firstFrame: Int64, programDateTime: WallTime, startsDiscontinuity: Bool,
    period: DiscontinuityPeriod, isPrefill: Bool
  ) {
    self.number = number
    self.firstFrame = firstFrame
    self.programDateTime = programDateTime
    self.startsDiscontinuity = startsDiscontinuity
    self.period = period
    self.isPrefill = isPrefill
  }

  /// The chunks of the unfinished part.
  var loose: ArraySlice<Chunk> { chunks[parts.reduce(0) { $0 + $1.chunks.count }...] }

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

  /// Completes the unfinished part, if it has chunks.
  mutating func closePart() {
    let chunks = Array(loose)
    guard !chunks.isEmpty else { return }
    parts.append(Part(segment: number, index: Int64(parts.count), chunks: chunks))
  }
}
