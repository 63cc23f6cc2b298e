// SPDX-License-Identifier: Apache-2.0

import Media
import Time

/// The view of a gated window for playlists: the window up to a version.
struct WindowListing: Sendable {
  /// The version up to which playlists list.
  private(set) var version = Int64.min
  /// The versions of parts that were listed before this rendition had them; they stay gaps.
  ///
  /// Ranges in rising order: after a step of the wall clock there are billions of such versions.
  private var lateParts: [Range<Int64>] = []

  /// Lists up to `version` if that is above the current version.
  ///
  /// - Returns: whether it is.
  mutating func advance(to version: Int64, has published: Int64) -> Bool {
    guard version > self.version else { return false }
    if self.version != .min, version > published {
      noteLate(max(self.version, published)..<version)
    }
    self.version = version
    return true
  }

  private mutating func noteLate(_ versions: Range<Int64>) {
    if let last = lateParts.last, last.upperBound >= versions.lowerBound {
      lateParts[lateParts.count - 1] = last.lowerBound..<versions.upperBound
    } else {
      lateParts.append(versions)
    }
  }

  private func isLate(_ version: Int64) -> Bool { lateParts.contains { $0.contains(version) } }

  /// The snapshot for playlists.
  mutating func snapshot(of whole: WindowSnapshot) -> WindowSnapshot {
    guard let segmentation = whole.track?.segmentation.video, whole.state != .ended else {
      return whole
    }
    let perSegment = segmentation.partsPerSegment
    if let first = whole.segments.first {
      // bounded: numbers of published segments
      lateParts.removeAll { $0.upperBound <= first.number * perSegment }
    }
    if version == whole.version, lateParts.isEmpty { return whole }
    // bounded: a segment has at least one part
    let (number, count) = version.quotientAndRemainder(dividingBy: perSegment)
    var segments = whole.segments.filter { $0.number < number }.map { complete($0, perSegment) }
    var open = whole.open
    if let unfinished = whole.open, unfinished.number < number {
      segments.append(cut(unfinished, segmentation))
      open = nil
    } else if let begun = whole.segment(number) {
      open = begun.content
    }
    let evicted = insertGaps(before: number, into: &segments, whole.playlistLength, segmentation)
    if open == nil, count > 0 { open = unbegun(number, after: segments.last, segmentation) }
    let partCount = open?.parts.count ?? 0
    open = open?.listing(count) { index in
      // bounded: numbers of published segments
      isLate(number * perSegment + index) || index >= partCount
        ? late(index, of: number, segmentation) : nil
    }
    return WindowSnapshot(
      whole, segments: segments, open: open, version: version, evicted: evicted)
  }

  /// The open segment of a rendition of which the others have the next one: parts once listed stay
  /// listed, and the others are gaps.
  ///
  /// hls.js 1.6.15 loads a segment from its first part again if parts were missing in between, and
  /// stops loading if a gap is the last one.
  private func cut(_ segment: OpenSegment, _ segmentation: Segmentation) -> Segment {
    let perSegment = segmentation.partsPerSegment
    let isPublished = segment.parts.contains {
      // bounded: numbers of published segments
      !isLate(segment.number * perSegment + $0.index)
    }
    guard isPublished else { return segment.gap(duration: segmentation.segmentTicks) }
    let listed = segment.listing(perSegment) { index in
      // bounded: numbers of published segments
      isLate(segment.number * perSegment + index) || index >= segment.parts.count
        ? late(index, of: segment.number, segmentation) : nil
    }
    return Segment(opening: listed, duration: segmentation.segmentTicks)
  }

  /// A part that was missing when it had to be listed; the last one of a segment may be shorter.
  private func late(_ index: Int64, of number: Int64, _ segmentation: Segmentation) -> Part {
    // bounded: the parts of one segment
    let left = segmentation.segmentTicks - index * segmentation.partTicks
    return Part(late: index, of: number, duration: min(segmentation.partTicks, left))
  }

  /// Adds gaps for the numbers before segment `number` that other renditions have skipped, at most
  /// as many as playlists list: numbers are consecutive.
  ///
  /// - Returns: the number of Discontinuities that are no longer in the window.
  private func insertGaps(
    before number: Int64, into segments: inout [Segment], _ playlistLength: Int,
    _ segmentation: Segmentation
  ) -> Int64 {
    guard let last = segments.last, number > last.number + 1 else { return 0 }
    let first = max(last.number + 1, number - Int64(playlistLength))
    var evicted: Int64 = 0
    if first > last.number + 1 {
      evicted = Int64(segments.count { $0.startsDiscontinuity })
      segments = []
    }
    for missing in first..<number {
      let gap = unbegun(missing, after: segments.last ?? last, segmentation)
      segments.append(gap.gap(duration: segmentation.segmentTicks))
    }
    return evicted
  }

  /// A segment of which other renditions have parts and this one has none.
  private func unbegun(
    _ number: Int64, after last: Segment?, _ segmentation: Segmentation
  ) -> OpenSegment {
    let frame = segmentation.firstFrame(of: number)
    let skipped = last.map { number - $0.number } ?? 0
    // bounded: numbers of published segments
    let nominal = last.map { $0.programDateTime + skipped * segmentation.segmentDuration }
    return OpenSegment(
      number: number, firstFrame: frame,
      programDateTime: nominal ?? WallTime(segmentation.grid.frameTime(of: frame), plus: .zero),
      startsDiscontinuity: false, period: last?.period ?? .initial, isPrefill: false)
  }

  /// A complete segment whose late parts stay gaps.
  private func complete(_ segment: Segment, _ perSegment: Int64) -> Segment {
    // bounded: numbers of published segments
    let late = segment.parts.filter { isLate(segment.number * perSegment + $0.index) }
    guard !late.isEmpty else { return segment }
    return Segment(
      segment,
      parts: segment.parts.map { part in
        isLate(segment.number * perSegment + part.index)  // bounded: numbers of published segments
          ? Part(late: part.index, of: part.segment, duration: part.duration) : part
      })
  }
}
