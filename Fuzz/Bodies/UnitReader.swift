// SPDX-License-Identifier: Apache-2.0

import CFFmpeg
import Time

@testable import Capture
@testable import Streams

/// Packets as of RTP: access units in pieces, and audio, each with a time.
///
/// A packet has flags, the distance of its time from the one before (ms, 16 bits), its size (16
/// bits), and bytes. Flag bits: 0 audio, 1 key frame, 2 the sender declares a capture time, 3 the
/// time follows in 64 bits, absolute, in nanoseconds, 4 the connection is a new one.
struct UnitReader {
  private var rest: ArraySlice<UInt8>
  private let codecs: UInt8
  private var time: Int64 = 0

  /// Packets of the codecs that bits choose: 0 and 1 of the video, 2 of the audio.
  init(_ bytes: ArraySlice<UInt8>, codecs: UInt8) {
    rest = bytes
    self.codecs = codecs
  }

  /// Gives the units of all packets to `lab`.
  mutating func read(into lab: MediaLab) {
    guard let parameters = unsafe avcodec_parameters_alloc() else { return }
    defer {
      var parameters: UnsafeMutablePointer<AVCodecParameters>? = unsafe parameters
      unsafe avcodec_parameters_free(&parameters)
    }
    unsafe parameters.pointee.codec_type = AVMEDIA_TYPE_VIDEO
    unsafe parameters.pointee.codec_id =
      [AV_CODEC_ID_H264, AV_CODEC_ID_HEVC, AV_CODEC_ID_MJPEG, AV_CODEC_ID_H264][Int(codecs & 3)]
    var video = unsafe VideoDepacketizer(
      parameters, rate: nil, arePieces: codecs & 3 != 3, sizeLimit: MediaLab.options.frameSizeLimit)
    unsafe parameters.pointee.codec_type = AVMEDIA_TYPE_AUDIO
    unsafe parameters.pointee.codec_id = codecs & 4 == 0 ? AV_CODEC_ID_AAC : AV_CODEC_ID_OPUS
    unsafe parameters.pointee.sample_rate = codecs & 4 == 0 ? 0 : 48_000
    unsafe av_channel_layout_default(&parameters.pointee.ch_layout, 2)
    var audio = unsafe AudioDepacketizer(parameters, isUnparsed: true)
    lab.connected()
    while let (flags, bytes) = next(), !lab.isDone {
      if flags & 16 != 0 { lab.reconnected() }
      var units: [InputUnit] = []
      let pts = SourceTime(nanoseconds: time)
      if flags & 1 != 0 {
        units = audio.take(Array(bytes), pts: pts, arrival: .origin).map { .audio($0) }
      } else {
        let found = video.take(
          Array(bytes).span, pts: pts, dts: nil, isKey: flags & 2 != 0, arrival: .origin,
          senderTime: flags & 4 != 0
            ? .origin + .seconds(1_700_000_000) + .nanoseconds(time / 4) : nil)
        units = found.map { .video($0) }
      }
      guard video.isComplete else { continue }
      let description = InputDescription(
        format: "rtsp", video: video.video, audio: audio.audio, isPaced: false)
      do throws(InputError) {
        for unit in units { try lab.take(unit, description) }
      } catch { return }
    }
  }

  /// The next packet; advances the time, which stays in the range of `TimestampUnwrapper`.
  private mutating func next() -> (flags: UInt8, bytes: ArraySlice<UInt8>)? {
    guard let flags = rest.popFirst(), let distance = number(2), let size = number(2) else {
      return nil
    }
    let limit: Int64 = 4_000_000_000_000_000_000
    time += Int64(Int16(truncatingIfNeeded: distance)) * 1_000_000
    if flags & 8 != 0 {
      guard let absolute = number(8) else { return nil }
      time = absolute
    }
    time = min(max(time, -limit), limit)
    let bytes = rest.prefix(Int(size))
    rest = rest.dropFirst(Int(size))
    return (flags, bytes)
  }

  /// A big-endian number of `count` bytes; nil at the end.
  private mutating func number(_ count: Int) -> Int64? {
    guard rest.count >= count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count).reduce(0) { $0 << 8 | Int64($1) }
  }
}
