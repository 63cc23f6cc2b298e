// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Sharing

/// Encodes samples to AAC frames: each position once and in order, missing audio as silence.
struct ContinuousAudioEncoder: ~Copyable {
  let settings: AudioEncoderSettings
  /// The index of the next AAC frame to be returned; earlier AAC frames only prime the encoder.
  private(set) var due: Int64
  /// Whether the encoder is unusable.
  private(set) var hasFailed = false
  private var encoder: AudioEncoder
  private let watch: CallWatchdog

  /// Opens an encoder whose first AAC frame is `first`; `watch` gets its calls.
  ///
  /// - Throws: the encoder's error.
  init(
    _ settings: AudioEncoderSettings, from first: Int64, _ watch: CallWatchdog
  ) throws(FFmpegError) {
    self.settings = settings
    self.watch = watch
    due = first
    encoder = try Self.primed(settings, for: first, watch)
  }

  /// An encoder whose next AAC frame is `first`.
  ///
  /// The encoder starts one AAC frame earlier, so that a decoder of `first` has its overlap.
  private static func primed(
    _ settings: AudioEncoderSettings, for first: Int64, _ watch: CallWatchdog
  ) throws(FFmpegError) -> AudioEncoder {
    try watch.during(.coding) { () throws(FFmpegError) in
      var encoder = try AudioEncoder(settings)
      // bounded: positions are those of times that can be expressed
      _ = try encoder.fill(to: (first - 1) * AudioSegmentation.samplesPerAACFrame)
      _ = try encoder.fill(to: first * AudioSegmentation.samplesPerAACFrame)
      return encoder
    }
  }

  /// RFC 6381 codecs string.
  var codecs: String { encoder.codecString }

  /// The next sample since 1970.
  var next: Int64 {
    // bounded: positions are those of times that can be expressed
    encoder.next ?? due * AudioSegmentation.samplesPerAACFrame
  }

  /// The CMAF header of its track.
  ///
  /// - Throws: the muxer's error.
  borrowing func header() throws(FFmpegError) -> [UInt8] {
    try FFmpegError.checked(
      encoder.initSegment(), timescale: Int(settings.sampleRate), codecs: encoder.codecString)
  }

  /// Encodes samples of which the first is the sample `position` since 1970.
  ///
  /// - Returns: the complete AAC frames, up to ``AudioEncoder/delayFrames`` before the end.
  /// - Throws: the encoder's error.
  mutating func encode(
    _ audio: PCMBlock, at position: Int64
  ) throws(FFmpegError) -> [EncodedAudioFrame] {
    try returned { encoder throws(FFmpegError) in try encoder.encode(audio, at: position) }
  }

  /// Encodes silence up to the sample `position`.
  ///
  /// - Throws: the encoder's error.
  mutating func fill(to position: Int64) throws(FFmpegError) -> [EncodedAudioFrame] {
    guard next < position else { return [] }
    return try returned { encoder throws(FFmpegError) in try encoder.fill(to: position) }
  }

  /// Continues with the AAC frame `index`, without audio before it.
  ///
  /// - Throws: the encoder's error.
  mutating func jump(to index: Int64) throws(FFmpegError) {
    due = index
    hasFailed = true
    encoder = try Self.primed(settings, for: index, watch)
    hasFailed = false
  }

  /// The AAC frames that the encoder still holds; nothing can be encoded after it.
  ///
  /// - Throws: the encoder's error.
  mutating func finish() throws(FFmpegError) -> [EncodedAudioFrame] {
    try returned { encoder throws(FFmpegError) in try encoder.finish() }
  }

  /// Calls `body` with the encoder and notes its result.
  private mutating func returned(
    _ body: (inout AudioEncoder) throws(FFmpegError) -> [EncodedAudioFrame]
  ) throws(FFmpegError) -> [EncodedAudioFrame] {
    do throws(FFmpegError) {
      let made = try watch.during(.coding) { () throws(FFmpegError) in try body(&encoder) }
      let frames = made.filter { $0.index >= due }
      if let last = frames.last { due = last.index + 1 }
      return frames
    } catch {
      hasFailed = true
      throw error
    }
  }

  /// An AAC frame of silence that can be inserted between others.
  ///
  /// - Throws: the encoder's error.
  static func silence(_ settings: AudioEncoderSettings) throws(FFmpegError) -> [UInt8] {
    var encoder = try AudioEncoder(settings)
    _ = try encoder.fill(to: 0)
    // bounded: positions are those of times that can be expressed
    guard let frame = try encoder.fill(to: 8 * AudioSegmentation.samplesPerAACFrame).last else {
      throw FFmpegError("avcodec_receive_packet", -1, "no frame of silence")
    }
    return frame.bytes
  }
}
