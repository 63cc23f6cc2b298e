// SPDX-License-Identifier: Apache-2.0

package import Time

/// The grouping of audio frames into segments and parts: at the video's segments, rounded down to
/// frames.
///
/// AAC frame j holds the samples 1024·j … 1024·j+1023 since 1970; frames of other codecs have other
/// lengths. Audio segment N starts with the
/// frame that contains the start of video segment N. Its number is the video's; it has ⌊a⌋ or ⌈a⌉
/// frames, a = segment duration · sample rate / 1024. A part is a whole number of frames; the last
/// part of a segment has the remaining frames. Everything is computed from N or j, never by adding
/// steps, so that a restarted process and another origin agree.
package struct AudioSegmentation: Sendable, Hashable {
  /// Samples in an AAC-LC frame.
  /// - Source: ISO/IEC 14496-3 §4.5.2.1 (frameLengthFlag 0)
  package static let samplesPerAACFrame: Int64 = 1024
  /// The most AAC frames in a chunk; chunks of one frame would have twice the boxes.
  package static let maximumFramesPerChunk: Int64 = 2

  /// The video's segments.
  package let video: Segmentation
  /// The sample rate in Hz; the track's timescale.
  package let sampleRate: Int32
  /// Samples in a frame.
  package let samplesPerFrame: Int64
  /// Frames in a full part.
  package let framesPerPart: Int64

  /// A segment's duration as a fraction of AAC frames.
  private let numerator, denominator: Int128

  /// The segmentation of audio beside `video`; nil if a video segment is shorter than one AAC
  /// frame.
  ///
  /// - Parameters:
  ///   - video: the segmentation of the video.
  ///   - sampleRate: the sample rate in Hz, at least 1.
  ///   - samplesPerFrame: the samples in a frame, 1–65,536.
  ///   - framesPerPart: AAC frames in a part, at most those of a segment. nil: as many as are not
  ///     longer than the video's part, so that audio does not raise PART-HOLD-BACK, but at least
  ///     five (106.7 ms at 48 kHz).
  package init?(
    following video: Segmentation, sampleRate: Int32,
    samplesPerFrame: Int64 = samplesPerAACFrame, framesPerPart: Int64? = nil
  ) {
    let rate = video.grid.rate
    guard sampleRate >= 1, (1...65_536).contains(samplesPerFrame) else { return nil }
    self.samplesPerFrame = samplesPerFrame
    self.video = video
    self.sampleRate = sampleRate
    numerator = Int128(video.framesPerSegment) * Int128(rate.denominator) * Int128(sampleRate)
    denominator = Int128(rate.numerator) * Int128(samplesPerFrame)
    guard numerator >= denominator else { return nil }
    let part = Int128(video.framesPerPart) * Int128(rate.denominator) * Int128(sampleRate)
    // bounded: the denominator is a product of a rate, and a frame has samples
    let asLong = max(5 * Self.samplesPerAACFrame / samplesPerFrame, Int64(part / denominator))
    let most = Int64(numerator / denominator)
    self.framesPerPart = min(max(1, framesPerPart ?? asLong), most)
  }

  /// The first AAC frame of segment `number`.
  package func firstFrame(of number: Int64) -> Int64 {
    Int64(floorDivide(Int128(number) * numerator, denominator))
  }

  /// The AAC frame that contains the start of the video frame with the frame index `frameIndex`.
  package func frame(holding frameIndex: Int64) -> Int64 {
    let rate = video.grid.rate
    return Int64(
      floorDivide(
        Int128(frameIndex) * Int128(rate.denominator) * Int128(sampleRate),
        Int128(rate.numerator) * Int128(samplesPerFrame)))
  }

  /// The number of the segment that holds AAC frame `index`.
  package func segment(of index: Int64) -> Int64 {
    // The last N with ⌊N·a⌋ ≤ j, that is N·a < j + 1.
    Int64(-floorDivide(-(Int128(index) + 1) * denominator, numerator)) - 1
  }

  /// AAC frames in segment `number`.
  package func frames(in number: Int64) -> Int64 {
    firstFrame(of: number + 1) - firstFrame(of: number)
  }

  /// Parts in segment `number`; the last part may be short.
  ///
  /// With variable duration, the most.
  package func parts(in number: Int64) -> Int64 {
    video.hasVariableDuration ? maximumPartsPerSegment : parts(holding: frames(in: number))
  }

  /// The most parts in a segment.
  package var maximumPartsPerSegment: Int64 { parts(holding: longest) }

  /// Parts since 1970 before the first part of segment `number`.
  ///
  /// Part (N, K) is the part with the number partsBefore(N) + K.
  ///
  /// Of the first N segments, firstFrame(N) − N·⌊a⌋ are one frame longer than the shortest.
  package func partsBefore(_ number: Int64) -> Int64 {
    // bounded: positions are those of times that can be expressed
    guard !video.hasVariableDuration else { return number * maximumPartsPerSegment }
    let longer = firstFrame(of: number) - number * shortest
    let perShort = parts(holding: shortest)
    // bounded: positions are those of times that can be expressed
    return number * perShort + longer * (parts(holding: shortest + 1) - perShort)
  }

  /// The base media decode time of AAC frame `index` in samples since 1970.
  package func ticks(_ index: Int64) -> Int64 {
    index * samplesPerFrame  // bounded: positions are those of times that can be expressed
  }

  /// The time of AAC frame `index`, rounded down.
  package func frameTime(of index: Int64) -> MediaTime {
    .origin + Interval(ticks: ticks(index), timescale: Int64(sampleRate))
  }

  /// The last sample at or before `mediaTime`.
  package func sample(atOrBefore mediaTime: MediaTime) -> Int64 {
    Int64(floorDivide(Int128(mediaTime.nanoseconds) * Int128(sampleRate), 1_000_000_000))
  }

  /// The distance of a frame that starts at `mediaTime` from the nearest one of the grid, in
  /// samples: at most half a frame, negative if it starts before that one.
  ///
  /// In steps of 1/32 frame: sources round their timestamps, and two origins agree on it.
  package func phase(of mediaTime: MediaTime) -> Int64 {
    let step = max(1, samplesPerFrame / 32)  // bounded: a constant
    let sample = Int128(sample(atOrBefore: mediaTime))
    let nearest = floorDivide(sample + Int128(samplesPerFrame / 2), Int128(samplesPerFrame))
    let distance = sample - nearest * Int128(samplesPerFrame)
    return Int64(floorDivide(distance + Int128(step / 2), Int128(step))) * step
  }

  /// The duration of a full part in samples.
  package var partTicks: Int64 {
    // bounded: positions are those of times that can be expressed
    framesPerPart * samplesPerFrame
  }

  /// The duration of a chunk in samples; the last one of a part may be shorter.
  package var chunkTicks: Int64 {
    // bounded: at most two AAC frames
    min(Self.maximumFramesPerChunk, framesPerPart) * samplesPerFrame
  }

  /// The duration of the longest segment in samples.
  package var maximumSegmentTicks: Int64 {
    longest * samplesPerFrame  // bounded: positions are those of times that can be expressed
  }

  /// AAC frames in the longest segment.
  private var longest: Int64 {
    guard let most = video.maximumFramesPerSegment else { return shortest + (isWhole ? 0 : 1) }
    // The segment starts with the AAC frame that contains the start of the video frame.
    return frame(holding: most) + 1
  }

  // bounded: the denominator is a product of a rate
  private var shortest: Int64 { Int64(numerator / denominator) }
  private var isWhole: Bool { numerator % denominator == 0 }

  private func parts(holding frames: Int64) -> Int64 {
    // bounded: a part has at least one frame
    (frames + framesPerPart - 1) / framesPerPart
  }
}
