// SPDX-License-Identifier: Apache-2.0

package import Media
package import Time

/// A segment that may have left the window, or a number without media, as playlists list it.
package struct PastSegment: Sendable, Equatable {
  /// The segment number, counted from 1970.
  package let number: Int64
  /// The duration in ticks of the track's timescale; nominal in a gap.
  package let duration: Int64
  /// The wall clock of its first frame: EXT-X-PROGRAM-DATE-TIME.
  package let programDateTime: WallTime
  /// Whether a Discontinuity precedes it.
  package private(set) var startsDiscontinuity: Bool
  /// The hash of its CMAF header.
  package let headerHash: String
  /// Whether the number has no media (EXT-X-GAP).
  package let isGap: Bool
  /// The key of its media.
  package let key: PastKey

  /// A segment with these properties.
  package init(
    number: Int64, duration: Int64, programDateTime: WallTime, startsDiscontinuity: Bool,
    headerHash: String, isGap: Bool = false, key: PastKey = .present
  ) {
    self.number = number
    self.duration = duration
    self.programDateTime = programDateTime
    self.startsDiscontinuity = startsDiscontinuity
    self.headerHash = headerHash
    self.isGap = isGap
    self.key = key
  }

  /// The same segment after a Discontinuity.
  fileprivate var afterDiscontinuity: PastSegment {
    var segment = self
    segment.startsDiscontinuity = true
    return segment
  }
}

extension WindowSnapshot {
  /// The complete segments with numbers of `range` that the window has, oldest first; prefill is a
  /// gap, as it is in no archive.
  package func pastSegments(_ range: Range<Int64>) -> [PastSegment] {
    guard let track else { return [] }
    return segments.filter { range.contains($0.number) }.map { segment in
      PastSegment(
        number: segment.number, duration: segment.duration,
        programDateTime: segment.programDateTime,
        startsDiscontinuity: segment.startsDiscontinuity,
        headerHash: segment.period.headerHash ?? (tracks.first ?? track).headerHash,
        isGap: segment.isListedAsGap || segment.isPrefill)
    }
  }

  /// The run, without a segment, of the first segment without slate; nil if the window has left
  /// the slate behind.
  ///
  /// Slate is no past: a stream begins with the first segment without it.
  package var startOfStream: SegmentRuns.Run? {
    let slate =
      open.flatMap { $0.isPrefill ? $0.number : nil }
      ?? segments.last(where: \.isPrefill)?.number
    let first = segments.isEmpty ? open?.number : nil
    guard let start = slate?.addingSaturated(1) ?? first,
      let period = open?.period ?? segments.last?.period,
      let hash = period.headerHash ?? tracks.first?.headerHash
    else { return nil }
    return SegmentRuns.Run(start: start, end: start, offset: period.offset, headerHash: hash)
  }

  /// The window in which the newest complete segment is open until the next one has a part.
  package var endingWithPart: WindowSnapshot {
    guard state != .ended, open?.parts.isEmpty != false, let last = segments.last else {
      return self
    }
    return WindowSnapshot(
      self, segments: segments.dropLast(), open: last.content, version: version)
  }
}

extension PastSegment {
  /// Segments in their order, with a Discontinuity where numbers or the CMAF header change.
  package static func joined(_ segments: [PastSegment]) -> [PastSegment] {
    var joined: [PastSegment] = []
    for segment in segments {
      let follows = joined.last.map {
        $0.number.addingSaturated(1) == segment.number && $0.headerHash == segment.headerHash
      }
      joined.append(follows ?? true ? segment : segment.afterDiscontinuity)
    }
    return joined
  }
}

extension TrackSegmentation {
  /// The segments with the numbers of `range`: those of `segments`, which are in order, and gaps of
  /// nominal duration.
  package func filled(
    _ segments: [PastSegment], _ range: Range<Int64>, header: String
  ) -> [PastSegment] {
    var filled: [PastSegment] = []
    filled.reserveCapacity(range.count)
    var rest = segments.drop { $0.number < range.lowerBound }
    // A gap before the first segment has the clock of that segment, all others that of the one
    // before.
    var clock = rest.first.map { $0.programDateTime.offset(from: start(of: $0.number)) }
    for number in range {
      while let next = rest.first, next.number < number { rest.removeFirst() }
      if let next = rest.first, next.number == number {
        // The segment before may be healed, with the header of another encoder.
        let isOther = !next.isGap && filled.last.map { $0.headerHash != next.headerHash } ?? false
        filled.append(isOther ? next.afterDiscontinuity : next)
        clock = next.programDateTime.offset(from: start(of: number))
      } else {
        filled.append(
          PastSegment(
            number: number, duration: segmentTicks(number),
            programDateTime: WallTime(start(of: number), plus: clock ?? .zero),
            startsDiscontinuity: false, headerHash: filled.last?.headerHash ?? header,
            isGap: true, key: filled.last?.key ?? .present))
      }
    }
    return filled
  }

  private func start(of number: Int64) -> MediaTime { frameTime(of: firstFrame(of: number)) }
}
