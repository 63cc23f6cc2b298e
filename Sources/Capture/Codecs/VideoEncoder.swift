// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
internal import Media

/// An H.264 encoder without delay: a coded picture comes out for each that goes in; one thread's own.
package struct VideoEncoder: ~Copyable, @unchecked Sendable {
  /// What the opened encoder was told: what was asked for, but for a fallback's name and preset.
  package let settings: EncoderSettings
  /// The encoder that was really opened.
  package let name: String
  /// Why it is not the one that was asked for; nil where it is.
  package let fallbackReason: String?
  /// SPS and PPS, the same for the encoder's life.
  let parameterSets: ParameterSets

  private let codec: CodecContext
  private let frame: FrameHandle
  private let packet: PacketHandle
  private var scaler: Scaler?
  private var nv12: FrameConverter?
  /// Times of pictures that the encoder has not given back yet, oldest first.
  private var pending: [Int64]

  /// Opens the encoder asked for, or libx264 where that cannot be had; ``fallbackReason`` then says why.
  ///
  /// - Throws: where libx264 cannot be opened either, as with an unknown preset.
  package init(_ settings: EncoderSettings) throws(FFmpegError) {
    try self.init(OpenedCodec.openOrFallBack(settings))
  }

  /// Takes an encoder that is open.
  init(_ opened: OpenedCodec) throws(FFmpegError) {
    let takesNV12 = opened.codec.pixelFormat == AV_PIX_FMT_NV12
    let nv12: FrameConverter? =
      if takesNV12 { try FrameConverter(opened.settings.size) } else { nil }
    let frame = try FrameHandle()
    let packet = try PacketHandle()
    // From here on nothing throws, so that this value is never made by halves.
    self.frame = frame
    self.packet = packet
    self.nv12 = nv12
    scaler = nil
    pending = []
    settings = opened.settings
    name = opened.codec.name
    fallbackReason = opened.fallbackReason
    parameterSets = opened.parameterSets
    codec = opened.codec
  }

  /// `avc1.` with profile, constraints and level of the real SPS, as RFC 6381 §3.3 has it.
  package var codecString: String { parameterSets.codecString }

  /// Encodes one picture.
  ///
  /// - Parameters:
  ///   - picture: of any size; scaled and letterboxed where it is not the settings'.
  ///   - pts: its time in ticks of the rate's timescale; later than that of the picture before.
  ///   - independent: whether it must be an IDR picture.
  /// - Returns: what the encoder gives back, in order: with libx264 exactly this picture; others may hold some back.
  /// - Throws: after it the encoder is of no more use.
  package mutating func encode(
    _ picture: VideoFrame, pts: Int64, independent: Bool
  ) throws(FFmpegError) -> [EncodedFrame] {
    let scaled: VideoFrame
    if picture.size == settings.size { scaled = picture } else { scaled = try scale(picture) }
    if let nv12 {
      try nv12.convert(scaled, into: frame)
    } else {
      try frame.refer(to: scaled)
    }
    defer { frame.clear() }
    frame.timestamp(pts: pts, independent: independent)
    pending.append(pts)
    try FFmpegError.check(
      "avcodec_send_frame", unsafe avcodec_send_frame(codec.pointer, frame.pointer), name)
    var frames: [EncodedFrame] = []
    while let bytes = try packet.receive(from: codec) {
      frames.append(takeFrame(bytes))
    }
    return frames
  }

  /// The CMAF header of the track, `ftyp` and `moov`, written by libavformat; equal bytes for equal settings.
  package borrowing func initSegment() throws(FFmpegError) -> [UInt8] {
    try CMAFHeader.write(codec, parameterSets, settings)
  }

  private mutating func scale(_ picture: VideoFrame) throws(FFmpegError) -> VideoFrame {
    let scaler: Scaler
    if let ready = self.scaler { scaler = ready } else { scaler = try Scaler(to: settings.size) }
    self.scaler = scaler
    return try unsafe scaler.scale(
      picture.frame, fullRange: false, matrix: .bt709,
      burnedMilliseconds: picture.burnedMilliseconds)
  }

  /// Gives a packet the time its picture came with, even where an encoder bends it by a tick or drops a picture.
  private mutating func takeFrame(_ packet: CodedPacket) -> EncodedFrame {
    let half = settings.rate.ticksPerFrame / 2
    while pending.count > 1, let oldest = pending.first, packet.pts > oldest + half {
      pending.removeFirst()
    }
    let pts = pending.isEmpty ? packet.pts : pending.removeFirst()
    return EncodedFrame(pts: pts, isIndependent: packet.isIndependent, bytes: packet.bytes)
  }
}
