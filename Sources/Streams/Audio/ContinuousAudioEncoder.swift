// SPDX-License-Identifier: Apache-2.0

import Capture
import Media

/// Sound as coded AAC frames, each of which comes once and in order; silence where there was no sound.
struct ContinuousAudioEncoder: ~Copyable {
  let settings: AudioEncoderSettings
  /// The AAC frame with which it begins; those before it only prime the encoder.
  private(set) var first: Int64
  private var encoder: AudioEncoder

  /// Opens an encoder whose first frame is the AAC frame `first`.
  ///
  /// - Throws: the encoder's error.
  init(_ settings: AudioEncoderSettings, from first: Int64) throws(FFmpegError) {
    self.settings = settings
    self.first = first
    encoder = try Self.primed(settings, for: first)
  }

  /// An encoder whose next frame is the AAC frame `first`.
  ///
  /// It began a frame earlier, so that a decoder of the first frame that is published has its overlap.
  private static func primed(
    _ settings: AudioEncoderSettings, for first: Int64
  ) throws(FFmpegError) -> AudioEncoder {
    var encoder = try AudioEncoder(settings)
    _ = try encoder.fill(to: (first - 1) * AudioSegmentation.samplesPerFrame)
    _ = try encoder.fill(to: first * AudioSegmentation.samplesPerFrame)
    return encoder
  }

  /// RFC 6381 codecs string.
  var codecs: String { encoder.codecString }

  /// The sample that comes next, since 1970.
  var next: Int64 { encoder.next ?? first * AudioSegmentation.samplesPerFrame }

  /// The CMAF header of a track of it.
  ///
  /// - Throws: the muxer's error.
  borrowing func header() throws(FFmpegError) -> [UInt8] {
    try FFmpegError.checked(
      encoder.initSegment(), timescale: Int(settings.sampleRate), codecs: encoder.codecString)
  }

  /// Encodes sound whose first sample is the sample `position` since 1970.
  ///
  /// - Returns: the frames that are complete: up to ``AudioEncoder/delayFrames`` before the sound's end.
  /// - Throws: the encoder's error.
  mutating func take(
    _ audio: PCMBlock, at position: Int64
  ) throws(FFmpegError) -> [EncodedAudioFrame] {
    try encoder.encode(audio, at: position).filter { $0.index >= first }
  }

  /// Says that no sound comes before the sample `position` any more; what is missing is silence.
  ///
  /// - Throws: the encoder's error.
  mutating func fill(to position: Int64) throws(FFmpegError) -> [EncodedAudioFrame] {
    guard next < position else { return [] }
    return try encoder.fill(to: position).filter { $0.index >= first }
  }

  /// Goes on with the AAC frame `index`; nothing comes between.
  ///
  /// - Throws: the encoder's error.
  mutating func jump(to index: Int64) throws(FFmpegError) {
    first = index
    encoder = try Self.primed(settings, for: index)
  }

  /// What the encoder holds; nothing may be encoded after it.
  ///
  /// - Throws: the encoder's error.
  mutating func finish() throws(FFmpegError) -> [EncodedAudioFrame] {
    try encoder.finish().filter { $0.index >= first }
  }

  /// A coded frame of silence between others.
  ///
  /// - Throws: the encoder's error.
  static func silence(_ settings: AudioEncoderSettings) throws(FFmpegError) -> [UInt8] {
    var encoder = try AudioEncoder(settings)
    _ = try encoder.fill(to: 0)
    guard let frame = try encoder.fill(to: 8 * AudioSegmentation.samplesPerFrame).last else {
      throw FFmpegError("avcodec_receive_packet", -1, "no frame of silence")
    }
    return frame.bytes
  }
}
