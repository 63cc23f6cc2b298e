// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Sharing
import Time

/// Turns a source's audio into AAC frames at their positions since 1970, copied or encoded.
///
/// Each position has one AAC frame, in order; missing audio becomes silence. Confined to one
/// thread.
struct AudioPlacer: ~Copyable {
  /// The CMAF header.
  let header: [UInt8]
  /// RFC 6381 codecs string.
  let codecs: String
  let channels: Int

  /// Packets in a row; about a second of usual audio.
  private static let undecodablePackets = 50

  private let format: CopiedAudioFormat?
  /// Samples in a frame.
  private let length: Int64
  private let settings: AudioEncoderSettings
  private let watch: CallWatchdog
  /// Nil if audio is encoded.
  private var copied: CopiedAudioPlacer?
  /// Of a track of copied AAC only while its audio has another form.
  private var encoder: ContinuousAudioEncoder?
  private var decoder: AudioInputDecoder

  /// A placer for positions from the AAC frame `first` on.
  ///
  /// - Parameters:
  ///   - format: of the audio to be copied; nil if audio is encoded.
  ///   - settings: of the encoder; the rate is also that of copied audio.
  ///   - first: the index of the first AAC frame.
  ///   - watch: gets the calls of the codecs.
  /// - Throws: the encoder's or the muxer's error.
  init(
    _ format: CopiedAudioFormat?, _ settings: AudioEncoderSettings, from first: Int64,
    _ watch: CallWatchdog = CallWatchdog()
  ) throws(FFmpegError) {
    var encoder: ContinuousAudioEncoder?
    var settings = settings
    let (header, codecs): ([UInt8], String)
    if let format {
      (header, codecs) = (try format.header(), format.codecs)
      // An encoder beside copied audio has the parameters of the header.
      (settings.sampleRate, settings.channels) = (
        format.settings.sampleRate, format.settings.channels
      )
      copied = CopiedAudioPlacer(
        silence: try format.silence(), sampleRate: settings.sampleRate,
        length: format.length,
        from: first)
    } else {
      let opened = try ContinuousAudioEncoder(settings, from: first, watch)
      (header, codecs) = (try opened.header(), opened.codecs)
      encoder = consume opened
    }
    self.header = header
    self.codecs = codecs
    self.encoder = encoder
    self.format = format
    length = format?.length ?? AudioSegmentation.samplesPerAACFrame
    self.settings = settings
    self.watch = watch
    channels = format?.settings.channels ?? settings.channels
    decoder = AudioInputDecoder(settings: settings, watch)
  }

  /// A placer of copied audio of `format`, or of encoded audio if that format cannot be copied.
  static func copying(
    _ format: inout CopiedAudioFormat?, _ settings: AudioEncoderSettings, from first: Int64,
    _ watch: CallWatchdog, _ reports: AudioReports
  ) throws(FFmpegError) -> AudioPlacer {
    do throws(FFmpegError) {
      return try AudioPlacer(format, settings, from: first, watch)
    } catch {
      // AAC is encoded; another track has only the frames of its source.
      guard let found = format, found.isAAC else { throw error }
      reports.cannotCopy(error)
      format = nil
      return try AudioPlacer(nil, settings, from: first, watch)
    }
  }

  /// The next sample since 1970.
  var next: Int64 {
    switch encoder {
    case .some(let encoder): return encoder.next
    // bounded: positions are those of times that can be expressed
    case .none: return copied.map { $0.next * length } ?? 0
    }
  }

  /// Whether packets of a format are placed as they are, or encoded in an encoded track.
  func accepts(_ format: InputDescription.Audio) -> Bool {
    self.format.map { $0.isOf(format) } ?? true
  }

  /// Whether packets of other formats can be encoded with the parameters of the track.
  var canEncode: Bool { format?.isAAC ?? true }

  /// Whether more packets in a row could not be decoded than a decoder needs at its start.
  var isUndecodable: Bool { decoder.undecoded >= Self.undecodablePackets }

  /// Places a packet whose first sample belongs to `mediaTime`.
  ///
  /// - Returns: the AAC frames that are complete.
  /// - Throws: the decoder's or the encoder's error.
  mutating func place(
    _ entry: AudioQueue.Entry, at mediaTime: MediaTime
  ) throws(FFmpegError) -> [EncodedAudioFrame] {
    var frames: [EncodedAudioFrame] = []
    if copied != nil {
      if accepts(entry.format) {
        try format?.check(entry.bytes)
        frames += try copyAgain()
        return frames + (copied?.place(entry.bytes, at: mediaTime) ?? [])
      }
      try encodeOnwards()
    }
    for block in try decoder.decode(entry, at: mediaTime) {
      frames += try place(block.audio, rate: block.rate, at: block.mediaTime)
    }
    return frames
  }

  /// Opens an encoder that continues copied audio, with the parameters of the track.
  private mutating func encodeOnwards() throws(FFmpegError) {
    guard encoder == nil, let copied else { return }
    encoder = try ContinuousAudioEncoder(settings, from: copied.next, watch)
  }

  /// Ends the encoder beside copied audio, if there is one.
  ///
  /// - Returns: the AAC frames that it still held.
  private mutating func copyAgain() throws(FFmpegError) -> [EncodedAudioFrame] {
    guard encoder != nil else { return [] }
    let frames = try encoder?.finish() ?? []
    if let due = encoder?.due { copied?.jump(to: due) }
    encoder = nil
    return frames
  }

  /// Places samples of which the first belongs to `mediaTime`.
  ///
  /// - Throws: the resampler's or the encoder's error.
  mutating func place(
    _ audio: PCMBlock, rate: Int32, at mediaTime: MediaTime
  ) throws(FFmpegError) -> [EncodedAudioFrame] {
    guard let converted = try decoder.convert(audio, rate: rate, at: mediaTime) else { return [] }
    return try encode(converted.audio, at: converted.position)
  }

  /// Encodes samples in the format of the encoder, of which the first is the sample `position`.
  ///
  /// - Throws: the encoder's error.
  mutating func encode(
    _ audio: PCMBlock, at position: Int64
  ) throws(FFmpegError) -> [EncodedAudioFrame] {
    try encoder?.encode(audio, at: position) ?? []
  }

  /// Silence at all positions before the AAC frame `index`, without encoding each AAC frame.
  ///
  /// Only for a placer without audio yet.
  /// - Throws: the encoder's error.
  mutating func prefill(to index: Int64) throws(FFmpegError) -> [EncodedAudioFrame] {
    if let frames = copied?.fill(to: index) { return frames }
    // bounded: a frame has samples
    let first = next / length
    guard first < index else { return [] }
    let silence = try ContinuousAudioEncoder.silence(settings)
    try jump(to: index)
    return (first..<index).map {
      // bounded: positions are those of times that can be expressed
      EncodedAudioFrame(position: $0 * length, bytes: silence)
    }
  }

  /// Silence at the positions before the AAC frame `index` that have no audio.
  ///
  /// At most one second: the grid may have skipped the rest.
  ///
  /// - Throws: the encoder's error.
  mutating func fill(to index: Int64) throws(FFmpegError) -> [EncodedAudioFrame] {
    // bounded: a frame has samples
    let next = next / length
    let index = min(index, next + Int64(settings.sampleRate) / length)
    if encoder == nil { return copied?.fill(to: index) ?? [] }
    // bounded: positions are those of times that can be expressed
    return try encoder?.fill(to: index * length) ?? []
  }

  /// Continues with the AAC frame `index`, without audio before it.
  ///
  /// - Throws: the encoder's error.
  mutating func jump(to index: Int64) throws(FFmpegError) {
    copied?.jump(to: index)
    try encoder?.jump(to: index)
  }

  /// Continues after an error.
  ///
  /// A failed encoder is replaced. The new encoder continues with the AAC frame that is due.
  /// Silence replaces the audio that the failed encoder held.
  /// - Throws: the encoder's error.
  mutating func recover() throws(FFmpegError) {
    let failedAt: Int64?
    switch encoder {
    case .some(let encoder): failedAt = encoder.hasFailed ? encoder.due : nil
    case .none: failedAt = nil
    }
    if let failedAt { try encoder?.jump(to: failedAt) }
  }

  /// The AAC frames that the encoder still holds; nothing can be placed after it.
  ///
  /// - Throws: the encoder's error.
  mutating func finish() throws(FFmpegError) -> [EncodedAudioFrame] {
    try encoder?.finish() ?? []
  }
}
