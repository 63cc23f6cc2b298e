// SPDX-License-Identifier: Apache-2.0

internal import Ingest
internal import Media
internal import Sharing
import Time

/// The units of one publisher, from its first record to its end.
///
/// Confined to one thread.
final class PublisherPackets {
  private let media: PublishedMedia
  private let options: InputOptions
  private let cancellation: InputCancellation
  private var unwrapper = TimestampUnwrapper()
  private var video: VideoDepacketizer?
  private var audio: AudioDepacketizer?
  private var audioCodec: FLVAudioTag.Codec?
  /// The audio track of CMAF.
  private var audioTrack: TrackConfiguration?
  private var isFLV = true

  /// Waits for a publisher.
  ///
  /// Blocks until one begins.
  init(
    _ media: PublishedMedia, _ options: InputOptions, _ cancellation: InputCancellation
  ) throws(InputError) {
    self.media = media
    self.options = options
    self.cancellation = cancellation
    cancellation.setDeadline(
      options.listensForEver ? nil : SystemClock.monotonicTime + options.openLimit)
    try media.waitForPublisher(cancellation)
  }

  var description: InputDescription? {
    guard let video, video.isComplete else { return nil }
    return InputDescription(
      format: isFLV ? "flv" : "mp4", video: video.video, audio: audio?.audio, isPaced: false)
  }

  var oversized: UInt64 { video?.oversized ?? 0 }

  /// Reads a tag.
  ///
  /// Blocks.
  ///
  /// - Returns: its units, at most one; nil after the last tag of the publisher.
  func read() throws(InputError) -> [InputUnit]? {
    cancellation.setDeadline(SystemClock.monotonicTime + options.silenceLimit)
    let record = try media.next(cancellation, silence: Int(options.silenceLimit.wholeSeconds))
    let arrival = SystemClock.monotonicTime
    switch record {
    case .end: return nil
    case .begin: return []
    case .tag(let tag):
      switch tag.kind {
      case .video: return try take(video: tag, arrival)
      case .audio: return take(audio: tag, arrival)
      case .videoTrack, .audioTrack:
        if let track = TrackConfiguration(tag) { take(track) }
        return []
      case .videoSample, .audioSample:
        guard let sample = TrackSample(tag) else { return [] }
        return sample.isVideo ? take(video: sample, arrival) : take(audio: sample, arrival)
      case .container: return []
      }
    }
  }

  // MARK: Video

  private func take(
    video tag: MediaTag, _ arrival: MonotonicTime
  ) throws(InputError) -> [InputUnit] {
    guard let head = FLVVideoTag(tag.payload), let codec = try codec(of: head) else { return [] }
    if video == nil { video = VideoDepacketizer(codec, sizeLimit: options.frameSizeLimit) }
    guard video?.video.nalCodec == codec else { return [] }
    // bounded: the range is within the tag
    let body = Array(tag.payload[head.body])
    switch head.content {
    case .nothing: return []
    case .configuration:
      video?.take(extradata: body)
      return []
    case .accessUnit(let compositionTime):
      let dts = time(Int64(tag.timestamp))
      let pts = time(Int64(tag.timestamp) + Int64(compositionTime))
      let units = video?.take(
        body.span, pts: pts, dts: dts, isKey: head.isKey, arrival: arrival, senderTime: nil)
      return (units ?? []).map { .video($0) }
    }
  }

  private func codec(of head: FLVVideoTag) throws(InputError) -> NALCodec? {
    switch head.codec {
    case .h264: return .h264
    case .hevc: return .hevc
    case .other(let name):
      guard head.content != .nothing, video == nil else { return nil }
      throw .noVideo("\(name) is not accepted (expected H.264 or HEVC)")
    }
  }

  /// A timestamp in milliseconds, which wraps at 32 bits.
  private func time(_ milliseconds: Int64) -> SourceTime {
    unwrapper.time(of: milliseconds, bits: 32, numerator: 1, denominator: 1000)
  }

  // MARK: Audio

  private func take(audio tag: MediaTag, _ arrival: MonotonicTime) -> [InputUnit] {
    guard let head = FLVAudioTag(tag.payload), !head.body.isEmpty,
      let name = Self.name(of: head.codec)
    else { return [] }
    // bounded: the range is within the tag
    let body = Array(tag.payload[head.body])
    if head.isConfiguration || audio == nil || head.codec != audioCodec {
      // AAC is undecodable before its configuration.
      guard head.isConfiguration || head.codec != .aac else { return [] }
      audioCodec = head.codec
      audio = AudioDepacketizer(
        codec: name, configuration: head.isConfiguration ? body : [],
        sampleRate: head.sampleRate, channels: head.channels)
    }
    guard !head.isConfiguration else { return [] }
    let pts = time(Int64(tag.timestamp))
    let packets = audio?.take(body, pts: pts, arrival: arrival)
    return (packets ?? []).map { .audio($0) }
  }

  // MARK: CMAF

  /// The largest difference of a declared capture time from the arrival.
  private static let clockTolerance = Interval.seconds(1)

  private func take(_ track: TrackConfiguration) {
    isFLV = false
    let name: String
    switch track.codec {
    case .h264, .hevc:
      let codec: NALCodec = track.codec == .h264 ? .h264 : .hevc
      if video?.video.nalCodec != codec {
        video = VideoDepacketizer(codec, sizeLimit: options.frameSizeLimit)
      }
      video?.take(extradata: track.setup)
      return
    case .aac: name = "aac"
    case .mp3: name = "mp3"
    case .opus: name = "opus"
    case .ac3: name = "ac3"
    case .eac3: name = "eac3"
    }
    guard track != audioTrack else { return }
    audioTrack = track
    audio = AudioDepacketizer(
      codec: name, configuration: track.setup, sampleRate: Int(track.sampleRate),
      channels: Int(track.channels))
  }

  private func take(video sample: TrackSample, _ arrival: MonotonicTime) -> [InputUnit] {
    let now = WallTime(arrival, plus: SystemClock.wallMinusMonotonic)
    let declared = sample.captured.map { WallTime(nanoseconds: $0) }
    let isCredible = declared.map { ($0 - now).magnitude <= Self.clockTolerance } ?? false
    let units = video?.take(
      sample.bytes.span, pts: time(sample.pts, sample), dts: time(sample.dts, sample),
      isKey: sample.isKey, arrival: arrival, senderTime: isCredible ? declared : nil)
    return (units ?? []).map { .video($0) }
  }

  private func take(audio sample: TrackSample, _ arrival: MonotonicTime) -> [InputUnit] {
    let packets = audio?.take(sample.bytes, pts: time(sample.pts, sample), arrival: arrival)
    return (packets ?? []).map { .audio($0) }
  }

  /// A timestamp of a track, which never wraps.
  private func time(_ ticks: Int64, _ sample: TrackSample) -> SourceTime {
    unwrapper.time(of: ticks, bits: 64, numerator: 1, denominator: Int64(sample.timescale))
  }

  /// libavcodec's name of a codec.
  private static func name(of codec: FLVAudioTag.Codec) -> String? {
    switch codec {
    case .aac: "aac"
    case .mp3: "mp3"
    case .opus: "opus"
    case .ac3: "ac3"
    case .eac3: "eac3"
    case .flac: "flac"
    case .other: nil
    }
  }
}
