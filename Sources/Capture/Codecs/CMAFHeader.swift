// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
internal import Media

/// The CMAF header of a track, written by libavformat's mov muxer with correct `avcC`, `colr` and
/// `pasp`.
enum CMAFHeader {
  /// `ftyp` and `moov` of a track before its first frame: no edit list, no dates, no library
  /// versions.
  static func write(
    _ codec: CodecContext, _ parameterSets: ParameterSets, _ settings: EncoderSettings
  ) throws(FFmpegError) -> [UInt8] {
    try unsafe Muxer.header(timescale: settings.rate.timescale, rate: settings.rate) {
      (_, parameters) throws(FFmpegError) in
      try FFmpegError.check(
        "avcodec_parameters_from_context",
        unsafe avcodec_parameters_from_context(parameters, codec.pointer))
      try unsafe setExtradata(parameters, parameterSets.annexB)
    }
  }

  /// `ftyp` and `moov` of a passed-through track.
  ///
  /// - Parameters:
  ///   - codec: the codec.
  ///   - extradata: of H.264 the parameter sets with start codes, of HEVC and AV1 the content
  ///     of `hvcC` or `av1C`.
  ///   - size: the size of the frames, before their rotation.
  ///   - rate: the frame rate.
  ///   - colour: written as `colr`; nil for none.
  ///   - rotation: written as the matrix of `tkhd`.
  /// - Returns: the header.
  /// - Throws: ``FFmpegError`` of the muxer.
  static func write(
    _ codec: PassThroughCodec, _ extradata: [UInt8], size: VideoSize, rate: FrameRate,
    colour: ColourDescription? = nil, rotation: Rotation = .none
  ) throws(FFmpegError) -> [UInt8] {
    try unsafe write(codec, size: size, rate: rate, colour: colour, rotation: rotation) {
      (parameters) throws(FFmpegError) in
      try unsafe setExtradata(parameters, extradata)
      // Only the header contains parameter sets: `hvc1`, not `hev1`.
      if codec == .hevc { unsafe parameters.pointee.codec_tag = CFF_TAG_HVC1 }
    }
  }

  /// `ftyp` and `moov` of a passed-through track of VP9 whose key frames are like `key`.
  ///
  /// libavformat derives the level in `vpcC` from size and rate.
  static func write(
    _ key: VP9FrameHeader, size: VideoSize, rate: FrameRate, colour: ColourDescription?,
    rotation: Rotation
  ) throws(FFmpegError) -> [UInt8] {
    try unsafe write(.vp9, size: size, rate: rate, colour: colour, rotation: rotation) {
      (parameters) throws(FFmpegError) in
      unsafe parameters.pointee.profile = Int32(key.profile)
      let chroma =
        switch (key.isHalfWide, key.isHalfHigh) {
        case (true, true): "420"
        case (true, false): "422"
        case (false, true): "440"
        case (false, false): "444"
        }
      let depth = key.bitDepth == 8 ? "" : "\(key.bitDepth)le"
      unsafe parameters.pointee.format = av_get_pix_fmt("yuv\(chroma)p\(depth)").rawValue
      unsafe parameters.pointee.color_range = key.isFullRange ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG
    }
  }

  /// `ftyp` and `moov` of a track whose codec parameters `complete` completes.
  private static func write(
    _ codec: PassThroughCodec, size: VideoSize, rate: FrameRate, colour: ColourDescription?,
    rotation: Rotation,
    complete: (UnsafeMutablePointer<AVCodecParameters>) throws(FFmpegError) -> Void
  ) throws(FFmpegError) -> [UInt8] {
    try unsafe Muxer.header(timescale: rate.timescale, rate: rate) {
      (stream, parameters) throws(FFmpegError) in
      unsafe parameters.pointee.codec_type = AVMEDIA_TYPE_VIDEO
      unsafe parameters.pointee.codec_id = codec.id
      unsafe parameters.pointee.width = Int32(size.width)
      unsafe parameters.pointee.height = Int32(size.height)
      unsafe parameters.pointee.sample_aspect_ratio = AVRational(num: 1, den: 1)
      if rotation != .none {
        try FFmpegError.check(
          "av_stream_new_side_data", unsafe cff_set_stream_rotation(stream, rotation.degrees))
      }
      if let colour {
        unsafe parameters.pointee.color_primaries = AVColorPrimaries(UInt32(colour.primaries))
        unsafe parameters.pointee.color_trc = AVColorTransferCharacteristic(UInt32(colour.transfer))
        unsafe parameters.pointee.color_space = AVColorSpace(UInt32(colour.matrix))
        unsafe parameters.pointee.color_range =
          colour.isFullRange ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG
      }
      try unsafe complete(parameters)
    }
  }

  /// `ftyp` and `moov` of an AAC track; the timescale is the sample rate.
  ///
  /// - Parameters:
  ///   - configuration: copied to `esds`.
  ///   - settings: rate, channels and bitrate of the track; the bitrate is written to `esds`.
  /// - Returns: the header.
  /// - Throws: ``FFmpegError`` of the muxer.
  static func write(
    _ configuration: AudioSpecificConfig, _ settings: AudioEncoderSettings
  ) throws(FFmpegError) -> [UInt8] {
    try unsafe write(AV_CODEC_ID_AAC, configuration.bytes, settings) { parameters in
      unsafe parameters.pointee.profile = CFF_PROFILE_AAC_LOW
      unsafe parameters.pointee.frame_size = Int32(AudioFrameAssembler.frameLength)
    }
  }

  /// `ftyp` and `moov` of an Opus track; the timescale is 48 kHz.
  ///
  /// - Parameters:
  ///   - head: the identification header of Ogg Opus, from which `dOps` is written.
  ///   - settings: channels, bitrate and language of the track.
  /// - Returns: the header.
  /// - Throws: ``FFmpegError`` of the muxer.
  static func write(
    opus head: [UInt8], _ settings: AudioEncoderSettings
  ) throws(FFmpegError) -> [UInt8] {
    try unsafe write(AV_CODEC_ID_OPUS, head, settings)
  }

  private static func write(
    _ codec: AVCodecID, _ extradata: [UInt8], _ settings: AudioEncoderSettings,
    _ describe: (UnsafeMutablePointer<AVCodecParameters>) -> Void = { _ in }
  ) throws(FFmpegError) -> [UInt8] {
    try unsafe Muxer.header(timescale: settings.sampleRate) {
      (stream, parameters) throws(FFmpegError) in
      unsafe parameters.pointee.codec_type = AVMEDIA_TYPE_AUDIO
      unsafe parameters.pointee.codec_id = codec
      unsafe parameters.pointee.sample_rate = settings.sampleRate
      // bounded: a checked setting
      unsafe parameters.pointee.bit_rate = Int64(settings.bitrateKilobits) * 1000
      unsafe av_channel_layout_default(&parameters.pointee.ch_layout, Int32(settings.channels))
      unsafe describe(parameters)
      try unsafe setExtradata(parameters, extradata)
      if settings.language != .undetermined {
        unsafe av_dict_set(&stream.pointee.metadata, "language", settings.language.code, 0)
      }
    }
  }

  private static func setExtradata(
    _ parameters: UnsafeMutablePointer<AVCodecParameters>, _ bytes: [UInt8]
  ) throws(FFmpegError) {
    let memory = unsafe try Extradata.copy(bytes)
    unsafe av_free(parameters.pointee.extradata)
    unsafe parameters.pointee.extradata = memory
    unsafe parameters.pointee.extradata_size = Int32(bytes.count)
    unsafe parameters.pointee.codec_tag = 0
  }
}
