// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg

/// An AAC-LC encoder: one AAC frame per 1024 samples since 1970.
///
/// Confined to one thread.
///
/// Frame j is returned when frame j + ``delayFrames`` is encoded. The first packet of libavcodec,
/// which only primes a decoder, is dropped; timestamps therefore need no edit list.
package struct AudioEncoder: ~Copyable, @unchecked Sendable {
  /// The look-ahead of the encoder, in AAC frames.
  package static let delayFrames = 2
  /// The longest gap that is filled with silence, in seconds.
  private static let maximumGap: Int64 = 2

  /// The parameters of the encoder.
  package let settings: AudioEncoderSettings
  /// The decoder configuration, as in the header.
  package let configuration: AudioSpecificConfig

  private let codec: CodecHandle
  private let frame: PCMFrame
  private let packet: PacketHandle
  private var assembler: AudioFrameAssembler
  /// The positions of frames that are encoded but not yet returned.
  private var pending: [Int64] = []
  private var framesIn: Int64 = 0

  /// Opens the encoder.
  ///
  /// - Throws: ``FFmpegError`` if libavcodec has no AAC encoder, or refuses the sample rate.
  package init(_ settings: AudioEncoderSettings) throws(FFmpegError) {
    guard (1...2).contains(settings.channels) else {
      throw FFmpegError(refused: "\(settings.channels) channels (expected 1 or 2)")
    }
    let codec = try CodecHandle(encoder: settings)
    guard let configuration = AudioSpecificConfig(codec.extradata) else {
      throw FFmpegError(refused: "the AAC encoder gives no AudioSpecificConfig")
    }
    let frame = try PCMFrame(
      sampleRate: settings.sampleRate, channels: settings.channels,
      capacity: AudioFrameAssembler.frameLength)
    let packet = try PacketHandle()
    self.settings = settings
    self.configuration = configuration
    self.codec = codec
    self.frame = frame
    self.packet = packet
    assembler = AudioFrameAssembler(
      // bounded: a listed sample rate
      channels: settings.channels, maximumGap: Self.maximumGap * Int64(settings.sampleRate))
  }

  /// `mp4a.40.2`.
  package var codecString: String { configuration.codecString }

  /// The position of the next sample since 1970; nil before the first.
  package var next: Int64? { assembler.next }

  /// Encodes audio whose first sample is the sample `position` since 1970.
  ///
  /// Gaps become silence; overlapping samples are dropped. A gap of more than two seconds stays
  /// empty.
  /// - Returns: the complete AAC frames, in order; each position occurs once.
  /// - Throws: ``FFmpegError``. Discard the encoder after an error.
  package mutating func encode(
    _ audio: PCMBlock, at position: Int64
  ) throws(FFmpegError) -> [EncodedAudioFrame] {
    try encode(assembler.push(audio, at: position))
  }

  /// Encodes silence up to the sample `position`, before which no more audio will arrive.
  ///
  /// - Returns: the complete AAC frames.
  /// - Throws: ``FFmpegError``. Discard the encoder after an error.
  package mutating func fill(to position: Int64) throws(FFmpegError) -> [EncodedAudioFrame] {
    try encode(assembler.fill(to: position))
  }

  /// Returns the frames that the encoder still holds, and ends the encoding.
  package mutating func finish() throws(FFmpegError) -> [EncodedAudioFrame] {
    guard framesIn > 0 else { return [] }
    try FFmpegError.check(
      "avcodec_send_frame", unsafe avcodec_send_frame(codec.pointer, nil), "aac")
    return try receive()
  }

  /// The CMAF header of the track (`ftyp` and `moov`), written by libavformat.
  ///
  /// Equal settings yield equal bytes.
  package borrowing func initSegment() throws(FFmpegError) -> [UInt8] {
    try CMAFHeader.write(configuration, settings)
  }

  private mutating func encode(
    _ frames: [AudioFrameAssembler.Frame]
  ) throws(FFmpegError) -> [EncodedAudioFrame] {
    var coded: [EncodedAudioFrame] = []
    for next in frames {
      // libavcodec refuses samples that are no numbers, and its search for a quantiser does not end
      // for some amplitudes far above 1.
      try frame.fill(next.audio, isLimited: true)
      // The codec counts its frames; `pending` has their positions.
      // bounded: frames of one encoder
      unsafe frame.pointer.pointee.pts = framesIn * Int64(AudioFrameAssembler.frameLength)
      framesIn += 1
      pending.append(next.position)
      try FFmpegError.check(
        "avcodec_send_frame", unsafe avcodec_send_frame(codec.pointer, frame.pointer), "aac")
      coded += try receive()
    }
    return coded
  }

  private mutating func receive() throws(FFmpegError) -> [EncodedAudioFrame] {
    var coded: [EncodedAudioFrame] = []
    while let (pts, bytes) = try unsafe packet.receiveBytes(from: codec.pointer, "aac") {
      guard pts >= 0, !pending.isEmpty else { continue }
      coded.append(EncodedAudioFrame(position: pending.removeFirst(), bytes: bytes))
    }
    return coded
  }
}
