// SPDX-License-Identifier: Apache-2.0

/// How frames fall into segments and parts: whole numbers of frames, the same for the stream's whole life.
///
/// Segment N holds the frames N·F … N·F+F−1; its part K begins at its frame K·n. Numbers count from 1970, so they
/// continue over a restart and agree between two origins.
///
/// Where a source is packaged as it came and its key pictures keep no such distance, segments are *free*: each ends with
/// the first key picture after F frames. Then F is the least, and who publishes says which segment a frame is in.
package struct Segmentation: Sendable, Hashable {
  /// The frame grid beneath.
  package let grid: FrameGrid
  /// F: frames in a segment, at least 1; where segments are free, the least.
  package let framesPerSegment: Int64
  /// n: frames in a part, at least 1 and at most F.
  package let framesPerPart: Int64
  /// The most frames in a segment where segments are free; nil where each has F.
  package let mostFramesPerSegment: Int64?

  /// The cadence nearest to the wishes: F = max(1, round(wish × rate)), n likewise, ties upwards.
  ///
  /// - Parameters:
  ///   - rate: frames per second.
  ///   - segmentMicroseconds: wished segment duration.
  ///   - partMicroseconds: wished part duration.
  ///   - longestGroupMicroseconds: how long a key picture may be waited for when a segment has its F frames; nil for
  ///     segments of F frames each.
  package init(
    rate: FrameRate, segmentMicroseconds: Int64, partMicroseconds: Int64,
    longestGroupMicroseconds: Int64? = nil
  ) {
    func frames(_ wish: Int64) -> Int64 {
      let scaled = 2 * Int128(wish) * Int128(rate.numerator)
      let unit = Int128(rate.denominator) * 1_000_000
      return max(1, Int64(floorDivide(scaled + unit, 2 * unit)))
    }
    self.grid = FrameGrid(rate: rate)
    self.framesPerSegment = frames(segmentMicroseconds)
    self.framesPerPart = min(frames(partMicroseconds), frames(segmentMicroseconds))
    mostFramesPerSegment = longestGroupMicroseconds.map { frames(segmentMicroseconds) + frames($0) }
  }

  /// Whether segments end with the source's key pictures and not by their length.
  package var hasVariableDuration: Bool { mostFramesPerSegment != nil }

  /// Parts in a whole segment, of which the last one may be shorter than the others; the most where segments are free.
  package var partsPerSegment: Int64 {
    ((mostFramesPerSegment ?? framesPerSegment) + framesPerPart - 1) / framesPerPart
  }

  /// The number of the segment that holds frame `index`; the one with which a run begins there where segments are free.
  package func segment(of index: Int64) -> Int64 {
    index >= 0 ? index / framesPerSegment : -((-index + framesPerSegment - 1) / framesPerSegment)
  }

  /// The first frame of segment `number`.
  package func firstFrame(of number: Int64) -> Int64 { number * framesPerSegment }

  /// Which frame of its segment frame `index` is, from 0.
  package func position(of index: Int64) -> Int64 { index - firstFrame(of: segment(of: index)) }

  /// The duration of a segment in ticks of the rate's timescale.
  package var segmentTicks: Int64 { framesPerSegment * grid.rate.ticksPerFrame }

  /// The duration of a full part in ticks of the rate's timescale.
  package var partTicks: Int64 { framesPerPart * grid.rate.ticksPerFrame }

  /// The duration of a segment in nanoseconds, rounded down.
  package var segmentNanoseconds: Int64 { grid.nanoseconds(framesPerSegment) }

  /// The duration of the longest segment in nanoseconds, rounded down.
  package var longestSegmentNanoseconds: Int64 {
    grid.nanoseconds(mostFramesPerSegment ?? framesPerSegment)
  }

  /// EXT-X-TARGETDURATION: max(1, duration of the longest segment rounded, half up), in seconds.
  /// - Source: RFC 8216bis §4.4.3.1
  package var targetDuration: Int64 {
    let longest = (mostFramesPerSegment ?? framesPerSegment) * grid.rate.ticksPerFrame
    return max(1, (2 * longest + Int64(grid.rate.timescale)) / (2 * Int64(grid.rate.timescale)))
  }
}
