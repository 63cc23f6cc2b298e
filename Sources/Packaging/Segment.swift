// SPDX-License-Identifier: Apache-2.0

/// A complete Media Segment: the run of its parts, or a number that has no media.
package final class Segment: Sendable {
  /// The Media Sequence Number, counted from 1970.
  package let number: Int64
  /// Index of its first frame on the grid.
  package let firstFrame: Int64
  /// The parts in order; none in a gap.
  package let parts: [Part]
  /// The chunks in order: those of the parts.
  package let chunks: [Chunk]
  /// Ticks of the track's timescale; nominal in a gap.
  package let duration: Int64
  /// PROGRAM-DATE-TIME: nanoseconds since 1970 of the first frame's tick, plus what was announced.
  package let programDateTime: Int64
  /// Whether a Discontinuity stands before it.
  package let startsDiscontinuity: Bool
  /// The run that it belongs to.
  package let run: DiscontinuityPeriod
  /// Whether it was made from a slate before the stream went live.
  package let isPrefill: Bool

  init(opening: OpenSegment, duration: Int64) {
    self.number = opening.number
    self.firstFrame = opening.firstFrame
    self.parts = opening.parts
    self.chunks = opening.chunks
    self.duration = duration
    self.programDateTime = opening.programDateTime
    self.startsDiscontinuity = opening.startsDiscontinuity
    self.run = opening.run
    self.isPrefill = opening.isPrefill
  }

  /// The same segment with other parts, as playlists shall list them.
  init(_ segment: Segment, parts: [Part]) {
    number = segment.number
    firstFrame = segment.firstFrame
    self.parts = parts
    chunks = segment.chunks
    duration = segment.duration
    programDateTime = segment.programDateTime
    startsDiscontinuity = segment.startsDiscontinuity
    run = segment.run
    isPrefill = segment.isPrefill
  }

  /// The segment as it was before it was complete.
  var reopened: OpenSegment {
    var open = OpenSegment(
      number: number, firstFrame: firstFrame, programDateTime: programDateTime,
      startsDiscontinuity: startsDiscontinuity, run: run, isPrefill: isPrefill)
    open.parts = parts
    open.chunks = chunks
    return open
  }

  /// Whether the number has no media (EXT-X-GAP).
  package var isGap: Bool { parts.isEmpty }
  /// When it was complete: wall clock, nanoseconds since 1970.
  package var published: Int64 { parts.last?.published ?? 0 }
}

/// The segment that is being made.
package struct OpenSegment: Sendable {
  /// The Media Sequence Number, counted from 1970.
  package let number: Int64
  /// Index of its first frame on the grid.
  package let firstFrame: Int64
  /// See ``Segment/programDateTime``.
  package let programDateTime: Int64
  /// See ``Segment/startsDiscontinuity``.
  package let startsDiscontinuity: Bool
  /// See ``Segment/run``.
  package let run: DiscontinuityPeriod
  /// See ``Segment/isPrefill``.
  package let isPrefill: Bool
  /// The complete parts.
  package fileprivate(set) var parts: [Part] = []
  /// All chunks, those of the part in progress included.
  package fileprivate(set) var chunks: [Chunk] = []

  init(
    number: Int64, firstFrame: Int64, programDateTime: Int64, startsDiscontinuity: Bool,
    run: DiscontinuityPeriod, isPrefill: Bool
  ) {
    self.number = number
    self.firstFrame = firstFrame
    self.programDateTime = programDateTime
    self.startsDiscontinuity = startsDiscontinuity
    self.run = run
    self.isPrefill = isPrefill
  }

  /// Chunks that belong to no complete part yet.
  var loose: ArraySlice<Chunk> { chunks[parts.reduce(0) { $0 + $1.chunks.count }...] }

  /// The segment with its first `count` parts; `late` gives the gap that stands for one that is missing.
  func listing(_ count: Int64, late: (Int64) -> Part?) -> OpenSegment {
    var listed = self
    listed.parts = (0..<count).map { index in late(index) ?? parts[Int(index)] }
    return listed
  }

  /// The segment as a number without media.
  func gap(duration: Int64) -> Segment {
    var empty = self
    empty.parts = []
    empty.chunks = []
    return Segment(opening: empty, duration: duration)
  }

  mutating func append(_ chunk: Chunk) { chunks.append(chunk) }

  /// Makes a part of the loose chunks, if there are any.
  mutating func closePart() {
    let run = Array(loose)
    guard !run.isEmpty else { return }
    parts.append(Part(segment: number, index: Int64(parts.count), chunks: run))
  }
}
