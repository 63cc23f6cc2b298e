// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg

/// An AAC-LC encoder: one coded frame for each 1024 samples since 1970; one thread's own.
///
/// Frame j is handed out when frame j + ``delayFrames`` was given in. The packet with which libavcodec begins, which
/// only primes a decoder, is dropped, so that time stamps need no edit list.
package struct AudioEncoder: ~Copyable, @unchecked Sendable {
  /// How many frames the encoder looks ahead.
  package static let delayFrames = 2
  /// Longer gaps, in seconds, are not filled with silence.
  private static let longestGap: Int64 = 2

  /// What the encoder was told.
  package let settings: AudioEncoderSettings
  /// The decoder's configuration, as it stands in the header.
  package let configuration: AudioSpecificConfig

  private let codec: AudioCodec
  private let frame: PCMFrame
  private let packet: PacketHandle
  private var assembler: AudioFrameAssembler
  /// Places of the frames that were given in and are not out yet.
  private var pending: [Int64] = []
  private var framesIn: Int64 = 0

  /// Opens the encoder.
  ///
  /// - Throws: where libavcodec has no AAC encoder, or it takes no such sample rate.
  package init(_ settings: AudioEncoderSettings) throws(FFmpegError) {
    guard (1...2).contains(settings.channels) else {
      throw FFmpegError(refused: "sound has 1 or 2 channels, not \(settings.channels)")
    }
    let codec = try AudioCodec(encoder: settings)
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
      channels: settings.channels, longestGap: Self.longestGap * Int64(settings.sampleRate))
  }

  /// `mp4a.40.2`.
  package var codecString: String { configuration.codecString }

  /// The sample that comes next, since 1970; nil before the first.
  package var next: Int64? { assembler.next }

  /// Encodes sound whose first sample is the sample `position` since 1970.
  ///
  /// Gaps become silence, and what overlaps is left out. After a gap of more than two seconds the frames go on at the
  /// new place, and there are none between.
  /// - Returns: the frames that are finished, in order; each place comes once.
  /// - Throws: after it the encoder is of no more use.
  package mutating func encode(
    _ audio: PCMBlock, at position: Int64
  ) throws(FFmpegError) -> [EncodedAudioFrame] {
    try encode(assembler.push(audio, at: position))
  }

  /// Says that no sound comes before the sample `position` any more: what is missing is silence.
  ///
  /// - Returns: the frames that are finished.
  /// - Throws: after it the encoder is of no more use.
  package mutating func fill(to position: Int64) throws(FFmpegError) -> [EncodedAudioFrame] {
    try encode(assembler.fill(to: position))
  }

  /// Hands out the frames that the encoder still holds; nothing may be encoded after it.
  package mutating func finish() throws(FFmpegError) -> [EncodedAudioFrame] {
    guard framesIn > 0 else { return [] }
    try FFmpegError.check(
      "avcodec_send_frame", unsafe avcodec_send_frame(codec.pointer, nil), "aac")
    return try receive()
  }

  /// The CMAF header of the track, `ftyp` and `moov`, written by libavformat; equal bytes for equal settings.
  package borrowing func initSegment() throws(FFmpegError) -> [UInt8] {
    try CMAFHeader.write(configuration, settings)
  }

  private mutating func encode(
    _ frames: [AudioFrameAssembler.Frame]
  ) throws(FFmpegError) -> [EncodedAudioFrame] {
    var coded: [EncodedAudioFrame] = []
    for next in frames {
      try frame.fill(next.audio)
      // The codec counts its frames; what it makes of each belongs to the place the frame came with.
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
