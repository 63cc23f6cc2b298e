// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
internal import Media

/// An open encoder, its parameter sets, and the reason if it is a fallback.
struct OpenedCodec {
  let settings: EncoderSettings
  let codec: CodecContext
  let parameterSets: ParameterSets
  let fallbackReason: String?

  /// Opens the requested encoder, or libx264 if that encoder is unavailable.
  static func openOrFallBack(_ settings: EncoderSettings) throws(FFmpegError) -> OpenedCodec {
    if settings.encoder == EncoderSettings.defaultEncoder {
      return try OpenedCodec(settings, dialect: .x264)
    }
    let reason: String
    do {
      return try OpenedCodec(settings, dialect: .foreign)
    } catch {
      reason = error.description
    }
    var substitute = settings
    substitute.encoder = EncoderSettings.defaultEncoder
    if !EncoderSettings.presets.contains(settings.preset) {
      substitute.preset = EncoderSettings.defaultPreset
    }
    return try OpenedCodec(substitute, dialect: .x264, fallbackReason: reason)
  }

  /// Opens one encoder, without a fallback.
  init(
    _ settings: EncoderSettings, dialect: CodecContext.Dialect, fallbackReason: String? = nil
  ) throws(FFmpegError) {
    let level = try Self.level(settings, dialect)
    let codec = try CodecContext(settings, dialect: dialect, level: level)
    if let announced = codec.announcedParameterSets {
      self.codec = codec
      parameterSets = announced
    } else {
      parameterSets = try Self.probe(codec, settings)
      self.codec = try CodecContext(settings, dialect: dialect, level: level)
    }
    self.settings = settings
    self.fallbackReason = fallbackReason
  }

  /// The level that libx264 chooses for the bitrate of the level; nil for that of the settings.
  private static func level(
    _ settings: EncoderSettings, _ dialect: CodecContext.Dialect
  ) throws(FFmpegError) -> UInt8? {
    guard dialect == .x264, let kilobits = settings.levelKilobits,
      kilobits != settings.bitrateKilobits
    else { return nil }
    var other = settings
    other.bitrateKilobits = kilobits
    // A parameter set has at least four bytes: type, profile, constraints, level.
    return try CodecContext(other, dialect: dialect).announcedParameterSets?.sps.first?[3]
  }

  /// Encodes grey frames until the parameter sets appear.
  private static func probe(
    _ codec: CodecContext, _ settings: EncoderSettings
  ) throws(FFmpegError) -> ParameterSets {
    let frame = try FrameHandle()
    let packet = try PacketHandle()
    let grey = try VideoFramePool(size: settings.size).frame { $0.fill($0.area, Colour(128)) }
    for index in 0..<Int64(8) {
      if codec.pixelFormat == AV_PIX_FMT_NV12 {
        try FrameConverter(settings.size).convert(grey, into: frame)
      } else {
        try frame.refer(to: grey)
      }
      defer { frame.clear() }
      frame.setTimestamp(pts: index * settings.rate.ticksPerFrame, independent: index == 0)
      try FFmpegError.check(
        "avcodec_send_frame", unsafe avcodec_send_frame(codec.pointer, frame.pointer), codec.name)
      while let coded = try packet.receive(from: codec) {
        if let found = coded.parameterSets { return found }
      }
    }
    throw FFmpegError(refused: "\(codec.name) writes no parameter sets")
  }
}
