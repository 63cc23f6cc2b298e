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
      format: "flv", video: video.video, audio: audio?.audio, isPaced: false)
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
