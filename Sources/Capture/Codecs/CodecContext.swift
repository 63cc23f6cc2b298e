// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
internal import Media

/// An opened H.264 encoder of libavcodec and what is known of its output; one thread's own.
@safe
final class CodecContext {
  /// libavcodec's context.
  @unsafe let pointer: UnsafeMutablePointer<AVCodecContext>
  /// The encoder's name.
  let name: String
  /// How its packets are framed.
  let framing: NALFraming
  /// The pixel format it takes.
  let pixelFormat: AVPixelFormat

  /// How an encoder is spoken to.
  enum Dialect {
    /// libx264 writes lengths itself and its parameter sets beforehand.
    case x264
    /// Others write start codes, and some their parameter sets only in front of key frames.
    case foreign
  }

  /// Opens an encoder.
  ///
  /// - Throws: where it is unknown, no H.264 encoder, takes no pictures from memory, or refuses to open.
  init(_ settings: EncoderSettings, dialect: Dialect) throws(FFmpegError) {
    FFmpegLog.installed
    name = settings.encoder
    framing = dialect == .x264 ? .lengthPrefixed : .annexB
    if name == "libx264", !EncoderSettings.presets.contains(settings.preset) {
      // x264 would complain to stderr, and libavcodec would not say what is wrong.
      let presets = EncoderSettings.presets.joined(separator: ", ")
      throw FFmpegError(refused: "libx264 has no preset '\(settings.preset)', only \(presets)")
    }
    guard let codec = unsafe avcodec_find_encoder_by_name(name) else {
      throw FFmpegError(refused: "libavcodec has no encoder '\(name)'")
    }
    guard unsafe codec.pointee.id == AV_CODEC_ID_H264 else {
      throw FFmpegError(refused: "\(name) is no H.264 encoder")
    }
    guard let format = unsafe Self.memoryFormat(codec) else {
      throw FFmpegError(refused: "\(name) takes neither yuv420p nor nv12 pictures from memory")
    }
    pixelFormat = format
    guard let context = unsafe avcodec_alloc_context3(codec) else {
      throw FFmpegError("avcodec_alloc_context3", CFF_ENOMEM, name)
    }
    unsafe pointer = context
    unsafe Self.configure(context, settings, dialect, format)
    let opened = FFmpegLog.collecting { unsafe avcodec_open2(context, codec, nil) }
    if opened.result < 0 {
      throw FFmpegError(
        "avcodec_open2", opened.result, ([name] + opened.lines).joined(separator: ": "))
    }
  }

  deinit {
    var context: UnsafeMutablePointer<AVCodecContext>? = unsafe pointer
    unsafe avcodec_free_context(&context)
  }

  /// SPS and PPS as the encoder announces them before its first picture; nil where it does not.
  var announcedParameterSets: ParameterSets? {
    guard let start = unsafe pointer.pointee.extradata else { return nil }
    let bytes = unsafe Span(_unsafeStart: start, count: Int(pointer.pointee.extradata_size))
    return ParameterSets(bytes, NALUnits.framing(ofParameterSets: bytes))
  }

  private static func memoryFormat(_ codec: UnsafePointer<AVCodec>) -> AVPixelFormat? {
    // Without a list the encoder decides when it is opened; all of these take yuv420p.
    guard let formats = unsafe codec.pointee.pix_fmts else { return AV_PIX_FMT_YUV420P }
    var offered: [AVPixelFormat] = []
    var place = 0
    while unsafe formats[place] != AV_PIX_FMT_NONE {
      unsafe offered.append(formats[place])
      place += 1
    }
    return [AV_PIX_FMT_YUV420P, AV_PIX_FMT_NV12].first { offered.contains($0) }
  }

  private static func configure(
    _ context: UnsafeMutablePointer<AVCodecContext>, _ settings: EncoderSettings,
    _ dialect: Dialect, _ format: AVPixelFormat
  ) {
    let rate = settings.rate
    unsafe context.pointee.width = Int32(settings.size.width)
    unsafe context.pointee.height = Int32(settings.size.height)
    unsafe context.pointee.pix_fmt = format
    unsafe context.pointee.time_base = AVRational(num: 1, den: rate.timescale)
    unsafe context.pointee.framerate = AVRational(
      num: Int32(rate.numerator), den: Int32(rate.denominator))
    // Key frames are forced at segment starts; this only keeps the encoder from adding its own.
    unsafe context.pointee.gop_size = 65_535
    unsafe context.pointee.max_b_frames = 0
    unsafe context.pointee.bit_rate = Int64(settings.bitrateKilobits) * 1000
    unsafe context.pointee.rc_max_rate = Int64(settings.bitrateKilobits) * 1000
    unsafe context.pointee.rc_buffer_size = Int32(settings.bufferBits)
    unsafe context.pointee.color_range = AVCOL_RANGE_MPEG
    unsafe context.pointee.colorspace = AVCOL_SPC_BT709
    unsafe context.pointee.color_primaries = AVCOL_PRI_BT709
    unsafe context.pointee.color_trc = AVCOL_TRC_BT709
    unsafe context.pointee.chroma_sample_location = AVCHROMA_LOC_LEFT
    unsafe context.pointee.sample_aspect_ratio = AVRational(num: 1, den: 1)
    unsafe context.pointee.thread_count = Int32(settings.threads)
    // Frame threads would each hold a frame back.
    unsafe context.pointee.thread_type = FF_THREAD_SLICE
    // Options that an encoder does not know are of no consequence, so no answer is looked at.
    func option(_ name: String, _ value: String) {
      unsafe av_opt_set(context.pointee.priv_data, name, value, 0)
    }
    option("preset", settings.preset)
    option("forced-idr", "1")
    switch dialect {
    case .x264:
      unsafe context.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER
      option("tune", "zerolatency")
      option("x264-params", "annexb=0:scenecut=0")
    case .foreign:
      if settings.encoder == "libx264" {
        option("tune", "zerolatency")
        option("x264-params", "scenecut=0")
        break
      }
      unsafe context.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER | Int32(AV_CODEC_FLAG_LOW_DELAY)
      option("tune", "ull")
      option("rc", "cbr")
      option("delay", "0")
      option("zerolatency", "1")
      option("no-scenecut", "1")
      option("async_depth", "1")
    }
  }
}
