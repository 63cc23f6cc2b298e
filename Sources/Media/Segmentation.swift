// SPDX-License-Identifier: Apache-2.0

package import Time

/// The rule that groups frames into segments and parts; constant while a stream exists.
///
/// Segment N holds the frames N·F … N·F+F−1; its part K starts at its frame K·n. Numbers count from
/// 1970: they continue over a restart and agree between two origins.
///
/// If a source is passed through and its key frames are not F frames apart, segments have *variable
/// duration*: each ends at the first key frame after F frames. F is then their minimum, and the
/// publisher assigns each frame to its segment.
package struct Segmentation: Sendable, Hashable {
  /// The frame grid.
  package let grid: FrameGrid
  /// F: frames in a segment, at least 1; with variable duration, the minimum.
  package let framesPerSegment: Int64
  /// n: frames in a part, 1…F.
  package let framesPerPart: Int64
  /// The most frames in a variable-duration segment; nil if each segment has F frames.
  package let maximumFramesPerSegment: Int64?

  /// The segmentation nearest to the request: F = max(1, round(duration × rate)), n likewise, ties
  /// up.
  ///
  /// - Parameters:
  ///   - rate: frames per second.
  ///   - segmentMicroseconds: the requested segment duration, in microseconds.
  ///   - partMicroseconds: the requested part duration, in microseconds.
  ///   - maximumGroupMicroseconds: the longest wait for a key frame after F frames, in
  ///     microseconds; nil for segments of F frames each.
  package init(
    rate: FrameRate, segmentMicroseconds: Int64, partMicroseconds: Int64,
    maximumGroupMicroseconds: Int64? = nil
  ) {
    func frames(_ requested: Int64) -> Int64 {
      let scaled = 2 * Int128(requested) * Int128(rate.numerator)
      let unit = Int128(rate.denominator) * 1_000_000
      return max(1, Int64(floorDivide(scaled + unit, 2 * unit)))  // bounded: 128-bit
    }
    self.grid = FrameGrid(rate: rate)
    self.framesPerSegment = frames(segmentMicroseconds)
    self.framesPerPart = min(frames(partMicroseconds), frames(segmentMicroseconds))
    maximumFramesPerSegment = maximumGroupMicroseconds.map {
      frames(segmentMicroseconds) + frames($0)
    }
  }

  /// A segmentation by its numbers of frames; nil unless 1 ≤ n ≤ F ≤ the most.
  package init?(
    rate: FrameRate, framesPerSegment: Int64, framesPerPart: Int64, maximumFramesPerSegment: Int64?
  ) {
    guard framesPerPart >= 1, framesPerPart <= framesPerSegment,
      (maximumFramesPerSegment ?? framesPerSegment) >= framesPerSegment
    else { return nil }
    grid = FrameGrid(rate: rate)
    self.framesPerSegment = framesPerSegment
    self.framesPerPart = framesPerPart
    self.maximumFramesPerSegment = maximumFramesPerSegment
  }

  /// Whether segments end at the source's key frames instead of after F frames.
  package var hasVariableDuration: Bool { maximumFramesPerSegment != nil }

  /// Parts in a complete segment; the last part may be short.
  ///
  /// With variable duration, the most.
  package var partsPerSegment: Int64 {
    // bounded: a part has at least one frame
    ((maximumFramesPerSegment ?? framesPerSegment) + framesPerPart - 1) / framesPerPart
  }

  /// The number of the segment that holds frame `index`.
  ///
  /// With variable duration, the number of a discontinuity period's first segment if it starts
  /// there.
  package func segment(of index: Int64) -> Int64 {
    // bounded: a segment has at least one frame
    index >= 0 ? index / framesPerSegment : -((-index + framesPerSegment - 1) / framesPerSegment)
  }

  /// The first frame of segment `number`.
  package func firstFrame(of number: Int64) -> Int64 {
    number * framesPerSegment  // bounded: positions are those of times that can be expressed
  }

  /// The position of frame `index` in its segment, from 0.
  package func position(of index: Int64) -> Int64 { index - firstFrame(of: segment(of: index)) }

  /// The duration of a segment in ticks of the rate's timescale.
  package var segmentTicks: Int64 {
    // bounded: positions are those of times that can be expressed
    framesPerSegment * grid.rate.ticksPerFrame
  }

  /// The duration of a full part in ticks of the rate's timescale.
  package var partTicks: Int64 {
    // bounded: positions are those of times that can be expressed
    framesPerPart * grid.rate.ticksPerFrame
  }

  /// The duration of a segment, rounded down.
  package var segmentDuration: Interval { grid.duration(ofFrames: framesPerSegment) }

  /// The duration of the longest segment, rounded down.
  package var maximumSegmentDuration: Interval {
    grid.duration(ofFrames: maximumFramesPerSegment ?? framesPerSegment)
  }

  /// EXT-X-TARGETDURATION: max(1, duration of the longest segment rounded, half up), in seconds.
  /// - Source: RFC 8216bis §4.4.3.1
  package var targetDuration: Int64 {
    // bounded: positions are those of times that can be expressed
    let longest = (maximumFramesPerSegment ?? framesPerSegment) * grid.rate.ticksPerFrame
    return max(1, (2 * longest + Int64(grid.rate.timescale)) / (2 * Int64(grid.rate.timescale)))
  }
}

extension Segmentation: Codable {
  private enum CodingKeys: CodingKey {
    case rate, framesPerSegment, framesPerPart, maximumFramesPerSegment
  }

  /// Reads a segmentation by its numbers of frames.
  ///
  /// - Throws: the decoder's error, also unless 1 ≤ n ≤ F ≤ the most.
  package init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: CodingKeys.self)
    let found = Segmentation(
      rate: try members.decode(FrameRate.self, forKey: .rate),
      framesPerSegment: try members.decode(Int64.self, forKey: .framesPerSegment),
      framesPerPart: try members.decode(Int64.self, forKey: .framesPerPart),
      maximumFramesPerSegment: try members.decodeIfPresent(
        Int64.self, forKey: .maximumFramesPerSegment))
    guard let found else {
      throw DecodingError.dataCorruptedError(
        forKey: .framesPerSegment, in: members, debugDescription: "no segmentation")
    }
    self = found
  }

  /// Writes the rate and the numbers of frames.
  ///
  /// - Throws: the encoder's error.
  package func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: CodingKeys.self)
    try members.encode(grid.rate, forKey: .rate)
    try members.encode(framesPerSegment, forKey: .framesPerSegment)
    try members.encode(framesPerPart, forKey: .framesPerPart)
    try members.encodeIfPresent(maximumFramesPerSegment, forKey: .maximumFramesPerSegment)
  }
}
