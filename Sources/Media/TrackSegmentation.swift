// SPDX-License-Identifier: Apache-2.0

package import Time

/// The grouping of a track's frames into segments and parts, for video and audio tracks alike.
///
/// A frame is a video frame or an AAC frame. All values are exact and computed from numbers alone.
package enum TrackSegmentation: Sendable, Hashable {
  /// Video frames.
  case video(Segmentation)
  /// AAC frames.
  case audio(AudioSegmentation)

  /// The segmentation of the video, shared by all tracks of a stream.
  package var video: Segmentation {
    switch self {
    case .video(let segmentation): segmentation
    case .audio(let segmentation): segmentation.video
    }
  }

  /// Whether the frames are AAC frames.
  package var isAudio: Bool { if case .audio = self { true } else { false } }

  /// Whether segments have variable duration; see ``Segmentation``.
  package var hasVariableDuration: Bool { video.hasVariableDuration }

  /// The timescale, in ticks per second.
  package var timescale: Int32 {
    switch self {
    case .video(let segmentation): segmentation.grid.rate.timescale
    case .audio(let segmentation): segmentation.sampleRate
    }
  }

  /// The duration of a frame in ticks.
  package var ticksPerFrame: Int64 {
    switch self {
    case .video(let segmentation): segmentation.grid.rate.ticksPerFrame
    case .audio(let segmentation): segmentation.samplesPerFrame
    }
  }

  /// Frames in a full part.
  package var framesPerPart: Int64 {
    switch self {
    case .video(let segmentation): segmentation.framesPerPart
    case .audio(let segmentation): segmentation.framesPerPart
    }
  }

  /// The number of the segment that holds frame `index`.
  package func segment(of index: Int64) -> Int64 {
    switch self {
    case .video(let segmentation): segmentation.segment(of: index)
    case .audio(let segmentation): segmentation.segment(of: index)
    }
  }

  /// The first frame of segment `number`.
  package func firstFrame(of number: Int64) -> Int64 {
    switch self {
    case .video(let segmentation): segmentation.firstFrame(of: number)
    case .audio(let segmentation): segmentation.firstFrame(of: number)
    }
  }

  /// Frames in segment `number`.
  package func frames(in number: Int64) -> Int64 {
    switch self {
    case .video(let segmentation): segmentation.framesPerSegment
    case .audio(let segmentation): segmentation.frames(in: number)
    }
  }

  /// The position of frame `index` in its segment, from 0.
  package func position(of index: Int64) -> Int64 { index - firstFrame(of: segment(of: index)) }

  /// Parts in segment `number`; the last part may be short.
  ///
  /// With variable duration, the most.
  package func parts(in number: Int64) -> Int64 {
    switch self {
    case .video(let segmentation): segmentation.partsPerSegment
    case .audio(let segmentation): segmentation.parts(in: number)
    }
  }

  /// Parts since 1970 before the first part of segment `number`.
  ///
  /// Part (N, K) is the part with the number partsBefore(N) + K.
  package func partsBefore(_ number: Int64) -> Int64 {
    switch self {
    // bounded: positions are those of times that can be expressed
    case .video(let segmentation): number * segmentation.partsPerSegment
    case .audio(let segmentation): segmentation.partsBefore(number)
    }
  }

  /// Whether frame `index` is the last of its part, and whether it is the last of its segment.
  package func ends(_ index: Int64) -> (part: Bool, segment: Bool) {
    let number = segment(of: index)
    let after = index - firstFrame(of: number) + 1
    let endsSegment = after == frames(in: number)
    // bounded: a part has at least one frame
    return (endsSegment || after % framesPerPart == 0, endsSegment)
  }

  /// The base media decode time of frame `index` in ticks since 1970.
  package func ticks(_ index: Int64) -> Int64 {
    index * ticksPerFrame  // bounded: positions are those of times that can be expressed
  }

  /// The time of frame `index`, rounded down.
  package func frameTime(of index: Int64) -> MediaTime {
    switch self {
    case .video(let segmentation): segmentation.grid.frameTime(of: index)
    case .audio(let segmentation): segmentation.frameTime(of: index)
    }
  }

  /// The frame whose slot contains `mediaTime`: the last one that does not begin after it.
  package func frame(at mediaTime: MediaTime) -> Int64 {
    let time = Int128(mediaTime.nanoseconds) * Int128(timescale)
    return Int64(clamping: floorDivide(time, Int128(ticksPerFrame) * 1_000_000_000))
  }

  /// The fewest frames that last at least `interval`.
  package func frames(covering interval: Interval) -> Int64 {
    let unit = Int128(ticksPerFrame) * 1_000_000_000
    return Int64(-floorDivide(-Int128(interval.nanoseconds) * Int128(timescale), unit))
  }

  /// The duration of a full part in ticks.
  package var partTicks: Int64 {
    framesPerPart * ticksPerFrame  // bounded: positions are those of times that can be expressed
  }

  /// The duration of the video's segment in whole ticks of this track.
  package var nominalSegmentTicks: Int64 {
    let video = video
    // bounded: positions are those of times that can be expressed
    return video.segmentTicks * Int64(timescale) / Int64(video.grid.rate.timescale)
  }

  /// The duration of segment `number` in ticks.
  package func segmentTicks(_ number: Int64) -> Int64 {
    // bounded: positions are those of times that can be expressed
    frames(in: number) * ticksPerFrame
  }

  /// EXT-X-TARGETDURATION: the video's value, shared by all playlists of a stream.
  ///
  /// An audio segment is at most one AAC frame longer than the video's. It exceeds the rounded
  /// target only if the video's duration is less than one AAC frame below half a second (RFC
  /// 8216bis §4.4.3.1 compares rounded durations).
  package var targetDuration: Int64 {
    let longest: Int64
    switch self {
    case .video(let segmentation): return segmentation.targetDuration
    case .audio(let segmentation): longest = segmentation.maximumSegmentTicks
    }
    // bounded: positions are those of times that can be expressed
    let rounded = (2 * longest + Int64(timescale)) / (2 * Int64(timescale))
    return max(video.targetDuration, rounded)
  }
}
