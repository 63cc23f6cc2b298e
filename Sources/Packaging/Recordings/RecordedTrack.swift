// SPDX-License-Identifier: Apache-2.0

internal import CMAF
package import Media
package import Sharing
package import Time

/// A rendition as its recorded media shows it, without a session to describe it.
package struct RecordedTrack: Sendable {
  /// A recorded segment.
  package struct Segment: Sendable, Equatable {
    /// Its number, counted from 1970.
    package let number: Int64
    /// The decode time of its first frame and its duration, in ticks of the track's timescale.
    package let decodeTime, duration: Int64
    /// Its bytes.
    package let size: Int

    /// A segment with these values.
    package init(number: Int64, decodeTime: Int64, duration: Int64, size: Int) {
      (self.number, self.decodeTime) = (number, decodeTime)
      (self.duration, self.size) = (duration, size)
    }
  }

  /// The name of the rendition in URLs.
  package let name: String
  /// The newest CMAF header.
  package let header: SharedBytes
  /// The newest segments with that header, in their order; at least one.
  package let segments: [Segment]
  /// The most frequent duration of a frame, in ticks.
  package let frameTicks: Int64
  /// The wall clock after the newest segment.
  package let end: WallTime
  private let movie: MovieHeader

  /// A rendition; nil if its header cannot be read, or without segments or frames.
  package init?(
    name: String, header: SharedBytes, segments: [Segment], frameTicks: Int64, end: WallTime
  ) {
    guard let movie = try? MovieHeader(header: header.array), !segments.isEmpty, frameTicks > 0,
      movie.timescale > 0, movie.timescale <= Int32.max
    else { return nil }
    (self.name, self.header, self.segments) = (name, header, segments)
    (self.frameTicks, self.end, self.movie) = (frameTicks, end, movie)
  }

  /// The sample entries of video.
  private static let videoTypes: Set = ["avc1", "avc3", "hvc1", "hev1", "av01", "vp09"]

  private var timescale: Int64 { Int64(movie.timescale) }
  private var isVideo: Bool { Self.videoTypes.contains(movie.entry.type) }
  // bounded: two numbers of 16 bits
  private var pixels: Int { movie.entry.width * movie.entry.height }

  /// Renditions that ended longer than this before the newest one are those of another time.
  private static let sameTime = Interval.seconds(3600)

  /// The descriptions of the renditions, top rendition first, then audio; empty without video.
  ///
  /// The order is that of `known`. Without it the largest video is the top rendition, and the first
  /// audio by its name is the default.
  /// Bitrates are those of the newest segments. The length of parts is unknown: each segment has
  /// one.
  package static func descriptions(
    of tracks: [RecordedTrack], in known: RenditionOrder? = nil
  ) -> [TrackDescription] {
    func place(_ track: RecordedTrack) -> Int { known?.place(of: track.name) ?? 0 }
    let newest = tracks.map(\.end).max() ?? .distantPast
    let present = tracks.filter { newest - $0.end <= sameTime }
    let videos = present.filter(\.isVideo).sorted {
      (place($0), $1.pixels, $1.bandwidth.average, $0.name)
        < (place($1), $0.pixels, $0.bandwidth.average, $1.name)
    }
    guard let video = videos.first?.segmentation else { return [] }
    let described = videos.filter { $0.segmentation == video }.compactMap { $0.video(video) }
    guard !described.isEmpty else { return [] }
    let audio = present.filter { !$0.isVideo }
      .sorted { (place($0), $0.name) < (place($1), $1.name) }
      .filter { $0.audio(following: video, isDefault: false) != nil }
    let main = audio.first { $0.name == known?.defaultAudio } ?? audio.first
    return described
      + audio.compactMap { $0.audio(following: video, isDefault: $0.name == main?.name) }
  }

  /// The rule of the segments; nil if the times of the frames follow none.
  ///
  /// Segment N of a regular stream begins N segment durations after 1970. The numbers of segments
  /// with variable duration do not give their times.
  package var segmentation: Segmentation? {
    guard let last = segments.last, last.number > 0, let rate = FrameRate(timescale, frameTicks),
      Int64(rate.timescale) == timescale, rate.ticksPerFrame == frameTicks
    else { return nil }
    let longest = segments.map(\.duration).max() ?? 0
    // The nearest whole number.
    let ticks = Int64(
      floorDivide(2 * Int128(last.decodeTime) + Int128(last.number), 2 * Int128(last.number)))
    let isRegular =
      ticks >= frameTicks && ticks % frameTicks == 0 && 2 * Int128(longest) <= 3 * Int128(ticks)
      && segments.allSatisfy { segment in
        let start = Int128(segment.number) * Int128(ticks)
        return (Int128(segment.decodeTime) - start).magnitude < ticks.magnitude
      }
    if isRegular {
      // bounded: a frame has ticks
      let frames = ticks / frameTicks
      return Segmentation(
        rate: rate, framesPerSegment: frames, framesPerPart: frames, maximumFramesPerSegment: nil)
    }
    // bounded: a frame has ticks
    let least = max(1, (segments.map(\.duration).min() ?? 0) / frameTicks)
    return Segmentation(
      rate: rate, framesPerSegment: least, framesPerPart: least,
      maximumFramesPerSegment: max(least, longest / frameTicks))  // bounded: a frame has ticks
  }

  /// The highest and the mean bitrate of the segments, in bit/s.
  private var bandwidth: (peak: Int64, average: Int64) {
    func rate(_ bytes: Int, _ ticks: Int64) -> Int64 {
      Int64(clamping: floorDivide(Int128(bytes) * 8 * Int128(timescale), Int128(max(1, ticks))))
    }
    let peak = segments.map { rate($0.size, $0.duration) }.max() ?? 0
    let size = segments.reduce(0) { $0.addingReportingOverflow($1.size).0 }
    let ticks = segments.reduce(Int64(0)) { $0.addingSaturated($1.duration) }
    return (max(1, peak), max(1, rate(size, ticks)))
  }

  private var label: String? {
    movie.userData.label(in: Language(packed: movie.language)) ?? movie.userData.name
  }

  private func video(_ segmentation: Segmentation) -> TrackDescription? {
    VideoSize(width: movie.displayWidth, height: movie.displayHeight).map {
      description(.video($0), .video(segmentation))
    }
  }

  private func audio(following video: Segmentation, isDefault: Bool) -> TrackDescription? {
    let audio = AudioSegmentation(
      following: video, sampleRate: Int32(clamping: timescale), samplesPerFrame: frameTicks)
    return audio.map {
      description(
        .audio(channels: max(1, movie.entry.channels), isDefault: isDefault), .audio($0))
    }
  }

  /// The codecs string of RFC 6381; that of an entry whose setup is malformed is its type.
  private var codecs: String { (try? movie.entry.codecs()) ?? movie.entry.type }

  private func description(
    _ content: TrackDescription.Content, _ segmentation: TrackSegmentation
  ) -> TrackDescription {
    let bandwidth = bandwidth
    return TrackDescription(
      rendition: name, codecs: codecs, bandwidth: bandwidth.peak,
      averageBandwidth: bandwidth.average, content: content, segmentation: segmentation,
      header: header.array, label: label, purpose: movie.userData.purpose)
  }
}
