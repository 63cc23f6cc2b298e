// SPDX-License-Identifier: Apache-2.0

package import Media
package import Time

/// Segments of a rendition as runs, of which each is a Period of an MPD.
///
/// A run ends before a gap, a Discontinuity, another CMAF header, and when the wall clock has moved
/// against the media time since it began.
package struct SegmentRuns: Sendable, Equatable {
  /// Consecutive segments with one CMAF header and one offset.
  package struct Run: Sendable, Hashable {
    /// The number of the first segment, and the number after the last one.
    package fileprivate(set) var start: Int64, end: Int64
    /// Wall clock minus media time at its first segment.
    package let offset: Interval
    /// The hash of its CMAF header.
    package let headerHash: String

    /// A run of these segments.
    package init(start: Int64, end: Int64, offset: Interval, headerHash: String) {
      (self.start, self.end) = (start, end)
      self.offset = offset
      self.headerHash = headerHash
    }
  }

  /// The most runs; the oldest ones are left out.
  package static let maximumCount = 100

  /// The runs, oldest first; none overlaps another one.
  package private(set) var runs: [Run] = []
  private let segmentation: Segmentation

  /// No segment of a rendition with this segmentation.
  package init(_ segmentation: Segmentation) { self.segmentation = segmentation }

  /// The number after the last segment; nil without any.
  package var end: Int64? { runs.last?.end }

  /// Adds segments in the order of their numbers; those before ``end`` are known.
  package mutating func append(_ segments: some Sequence<PastSegment>) {
    for segment in segments where segment.number >= end ?? .min && !segment.isGap {
      let media = segmentation.grid.frameTime(of: segmentation.firstFrame(of: segment.number))
      add(
        Run(
          start: segment.number, end: segment.number.addingSaturated(1),
          offset: segment.programDateTime.offset(from: media), headerHash: segment.headerHash),
        startsDiscontinuity: segment.startsDiscontinuity)
    }
  }

  /// Adds the segments of `other` after the last one.
  package mutating func append(_ other: SegmentRuns) {
    for var run in other.runs where run.end > end ?? .min {
      let isCut = run.start < end ?? .min
      run.start = max(run.start, end ?? .min)
      add(run, startsDiscontinuity: !isCut)
    }
  }

  /// Puts the start of a stream, a run without segments, among the runs: it begins a Period, also
  /// if the archive has the segments before it.
  ///
  /// The segment before it has begun with slate. It is left out if it would be a run by itself.
  package mutating func begin(_ stream: Run) {
    let start = stream.start
    if let index = runs.firstIndex(where: { $0.start < start && start < $0.end }) {
      // bounded: an index of the array
      var rest = runs[index]
      rest.start = start
      runs[index].end = start
      runs.insert(rest, at: index + 1)
    }
    runs.removeAll { $0.start == start.subtractingSaturated(1) && $0.end == start }
    if runs.allSatisfy({ $0.end <= start && $0.start < start }) { runs.append(stream) }
  }

  private mutating func add(_ run: Run, startsDiscontinuity: Bool) {
    guard let last = runs.indices.last, runs[last].end == run.start, !startsDiscontinuity,
      runs[last].headerHash == run.headerHash,
      isSteady(runs[last].offset, run.offset)
    else {
      runs.append(run)
      if runs.count > Self.maximumCount { runs.removeFirst() }
      return
    }
    runs[last].end = run.end
  }

  /// A period of a stream ends when its offset has moved by a frame.
  private func isSteady(_ first: Interval, _ second: Interval) -> Bool {
    let half = segmentation.grid.rate.frameDuration / 2
    return max(first, second) - min(first, second) < half
  }

  /// Leaves out the runs that end before segment `number`; the others keep their start.
  package mutating func removeAll(endingBefore number: Int64) {
    runs.removeAll { $0.end < number }
  }

  /// The runs without the segments before `number`; one without segments is none of them.
  package func runs(from number: Int64) -> [Run] {
    runs.filter { $0.end > max(number, $0.start) }.map { run in
      var run = run
      run.start = max(run.start, number)
      return run
    }
  }

  /// Gives runs the start that they had in `known`, if an earlier segment has become known since
  /// then: the archive has the segment with which a stream begins later than the window.
  package mutating func keepStarts(of known: SegmentRuns) {
    for (index, run) in runs.enumerated()
    where !known.runs.contains(where: { $0.start <= run.start && run.start < $0.end }) {
      guard let same = known.runs.first(where: { run.start < $0.start && $0.start < run.end })
      else { continue }
      runs[index].start = same.start
    }
  }

  /// Gives the first run the start that it had in `known`, whose first segments may have been
  /// removed since then.
  package mutating func keepStart(of known: SegmentRuns) {
    guard let first = runs.first,
      let same = known.runs.first(where: { $0.start < first.start && first.start < $0.end })
    else { return }
    runs[0].start = same.start
  }
}
