// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
internal import Media

/// An H.264 encoder without delay: each frame yields its access unit at once.
///
/// Confined to one thread.
package struct VideoEncoder: ~Copyable, @unchecked Sendable {
  /// The settings of the opened encoder: the requested ones, except the name and preset of a
  /// fallback.
  package let settings: EncoderSettings
  /// The libavcodec name of the opened encoder.
  package let name: String
  /// Why the requested encoder is not the opened one; nil if it is.
  package let fallbackReason: String?
  /// SPS and PPS, constant while the encoder exists.
  package let parameterSets: ParameterSets

  private var codec: CodecContext
  private var canHurry: Bool
  /// Whether the next independent frames are encoded in a hurry.
  private var wantsHurry = false
  /// Whether frames are encoded in a hurry.
  private(set) var isHurried = false
  private let handle: FrameHandle
  private let packet: PacketHandle
  private var scaler: Scaler?
  private var nv12: FrameConverter?
  /// Timestamps of frames whose access unit is not yet received, oldest first.
  private var pending: [Int64]

  /// Opens the requested encoder, or libx264 if that encoder cannot be opened.
  ///
  /// ``fallbackReason`` then contains the reason.
  /// - Throws: ``FFmpegError`` if libx264 cannot be opened, for example with an unknown preset.
  package init(_ settings: EncoderSettings) throws(FFmpegError) {
    try self.init(OpenedCodec.openOrFallBack(settings))
  }

  /// Wraps an encoder that is already open.
  init(_ opened: OpenedCodec) throws(FFmpegError) {
    let takesNV12 = opened.codec.pixelFormat == AV_PIX_FMT_NV12
    let nv12: FrameConverter? =
      if takesNV12 { try FrameConverter(opened.settings.size) } else { nil }
    let handle = try FrameHandle()
    let packet = try PacketHandle()
    // Nothing throws from here on: a value of this type is always complete.
    self.handle = handle
    self.packet = packet
    self.nv12 = nv12
    scaler = nil
    pending = []
    settings = opened.settings
    name = opened.codec.name
    fallbackReason = opened.fallbackReason
    parameterSets = opened.parameterSets
    codec = opened.codec
    // Without time to save, or without the options of libx264, another encoder has no effect.
    canHurry =
      opened.codec.framing == .lengthPrefixed && opened.codec.name == EncoderSettings.defaultEncoder
      && opened.settings.preset != EncoderSettings.presets[0]
  }

  /// `avc1.` with profile, constraints and level of the real SPS, as RFC 6381 §3.3 has it.
  package var codecString: String { parameterSets.codecString }

  /// Takes less time for each frame, at the cost of quality, or as much as the preset demands.
  ///
  /// This begins with the next independent frame. Without effect if the encoder is not libx264, or
  /// has its fastest preset.
  package mutating func hurry(_ isWanted: Bool) {
    if canHurry { wantsHurry = isWanted }
  }

  /// Encodes one frame.
  ///
  /// - Parameters:
  ///   - frame: a frame of any size; scaled and letterboxed to the size of the settings.
  ///   - pts: its frame time in ticks of the rate's timescale; later than that of the frame before.
  ///   - independent: whether to encode an IDR access unit.
  ///   - captions: triplets of cc_data (ATSC A/53 Part 4 §6.2.3), which libx264 and encoders of
  ///     hardware write before the picture; empty for none.
  /// - Returns: the access units, in order: with libx264 that of this frame; other encoders may
  ///   delay some.
  /// - Throws: ``FFmpegError``. Discard the encoder after an error.
  package mutating func encode(
    _ frame: VideoFrame, pts: Int64, independent: Bool, captions: [UInt8] = []
  ) throws(FFmpegError) -> [EncodedFrame] {
    let scaled: VideoFrame
    if frame.size == settings.size { scaled = frame } else { scaled = try scale(frame) }
    if let nv12 {
      try nv12.convert(scaled, into: handle)
    } else {
      try handle.refer(to: scaled)
    }
    defer { handle.clear() }
    if independent, wantsHurry != isHurried { reopen() }
    handle.setTimestamp(pts: pts, independent: independent)
    try handle.setCaptions(captions)
    pending.append(pts)
    try FFmpegError.check(
      "avcodec_send_frame", unsafe avcodec_send_frame(codec.pointer, handle.pointer), name)
    var frames: [EncodedFrame] = []
    while var frame = try packet.receive(from: codec) {
      frame.pts = takeTime(of: frame)
      frames.append(frame)
    }
    return frames
  }

  /// The CMAF header of the track (`ftyp` and `moov`), written by libavformat.
  ///
  /// Equal settings yield equal bytes.
  package borrowing func initSegment() throws(FFmpegError) -> [UInt8] {
    try CMAFHeader.write(codec, parameterSets, settings)
  }

  private mutating func scale(_ frame: VideoFrame) throws(FFmpegError) -> VideoFrame {
    let scaler: Scaler
    if let ready = self.scaler { scaler = ready } else { scaler = try Scaler(to: settings.size) }
    self.scaler = scaler
    return try unsafe scaler.scale(
      frame.avFrame, fullRange: false, matrix: .bt709,
      burnedMilliseconds: frame.burnedMilliseconds)
  }

  /// Continues with another encoder, whose parameter sets are equal; if they are not, or if it
  /// cannot be opened, the present one stays.
  ///
  /// libavcodec cannot change these options of an open encoder.
  private mutating func reopen() {
    guard let opened = other(isHurried: wantsHurry) else {
      // It would fail at the next key frame, too.
      canHurry = false
      return wantsHurry = isHurried
    }
    codec = opened
    isHurried = wantsHurry
  }

  private borrowing func other(isHurried: Bool) -> CodecContext? {
    guard let sps = parameterSets.sps.first, sps.count > 3 else { return nil }
    var other = settings
    other.isHurried = isHurried
    for offset in isHurried ? [0, -1, -2, -3, -4] : [0] {
      other.chromaOffset = offset
      guard let opened = try? CodecContext(other, dialect: .x264, level: sps[3]) else { return nil }
      if opened.announcedParameterSets == parameterSets { return opened }
    }
    return nil
  }

  /// The timestamp with which a frame was sent.
  ///
  /// An encoder may change a timestamp by a tick, or drop a frame.
  private mutating func takeTime(of frame: EncodedFrame) -> Int64 {
    let half = settings.rate.ticksPerFrame / 2
    while pending.count > 1, let oldest = pending.first, frame.pts > oldest + half {
      pending.removeFirst()
    }
    return pending.isEmpty ? frame.pts : pending.removeFirst()
  }
}
