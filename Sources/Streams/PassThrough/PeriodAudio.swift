// SPDX-License-Identifier: Apache-2.0

import Capture
import Media

/// The sound of one run of a passed-through stream as coded frames: as they come, or coded anew; silence where there is
/// none.
struct PeriodAudio: ~Copyable {
  /// The CMAF header.
  let header: [UInt8]
  /// RFC 6381 codecs string.
  let codecs: String
  /// How many channels there are.
  let channels: Int

  private let passed: CopiedAudioFormat?
  private var aligned: AudioFramePlacer?
  private var encoded: ContinuousAudioEncoder?
  private var input: AudioInputDecoder

  /// Sound that begins with the AAC frame `first`; `passed` is nil where it is decoded and coded anew.
  ///
  /// - Throws: the encoder's or the muxer's error.
  init(
    _ passed: CopiedAudioFormat?, _ settings: AudioEncoderSettings, from first: Int64
  ) throws(FFmpegError) {
    var encoded: ContinuousAudioEncoder?
    let (header, codecs): ([UInt8], String)
    if let passed {
      aligned = AudioFramePlacer(
        silence: try ContinuousAudioEncoder.silence(passed.settings),
        sampleRate: settings.sampleRate,
        from: first)
      (header, codecs) = (try passed.header(), passed.configuration.codecString)
    } else {
      let frames = try ContinuousAudioEncoder(settings, from: first)
      (header, codecs) = (try frames.header(), frames.codecs)
      encoded = consume frames
    }
    self.header = header
    self.codecs = codecs
    self.encoded = encoded
    self.passed = passed
    channels = passed?.settings.channels ?? settings.channels
    input = AudioInputDecoder(settings: settings)
  }

  /// The sample that comes next, since 1970.
  var next: Int64 {
    if let aligned { return aligned.next * AudioSegmentation.samplesPerFrame }
    switch encoded {
    case .some(let frames): return frames.next
    case .none: return 0
    }
  }

  /// Whether sound of that format can be taken.
  func accepts(_ format: InputDescription.Audio) -> Bool {
    passed.map { CopiedAudioFormat(format)?.fits($0) == true } ?? true
  }

  /// Takes what came, whose first sample belongs to `mediaTime`: nanoseconds since 1970.
  ///
  /// - Returns: the frames that are complete.
  /// - Throws: the decoder's or the encoder's error.
  mutating func take(
    _ entry: AudioQueue.Entry, at mediaTime: Int64
  ) throws(FFmpegError) -> [EncodedAudioFrame] {
    if let made = aligned?.take(entry.bytes, at: mediaTime) { return made }
    var frames: [EncodedAudioFrame] = []
    try input.take(entry, at: mediaTime)
    while let (audio, time) = input.pop() {
      guard let placed = try input.convert(audio, at: time) else { continue }
      frames += try encoded?.take(placed.audio, at: placed.position) ?? []
    }
    return frames
  }

  /// Says that nothing comes before the AAC frame `index` any more: what is missing is silence.
  ///
  /// - Throws: the encoder's error.
  mutating func fill(to index: Int64) throws(FFmpegError) -> [EncodedAudioFrame] {
    if let made = aligned?.fill(to: index) { return made }
    return try encoded?.fill(to: index * AudioSegmentation.samplesPerFrame) ?? []
  }

  /// What the encoder holds; nothing may be taken after it.
  ///
  /// - Throws: the encoder's error.
  mutating func finish() throws(FFmpegError) -> [EncodedAudioFrame] {
    try encoded?.finish() ?? []
  }
}
