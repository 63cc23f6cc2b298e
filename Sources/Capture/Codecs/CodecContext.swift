// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
internal import Media

/// An open H.264 encoder of libavcodec and the properties of its output.
///
/// Confined to one thread.
@safe
final class CodecContext {
  private let handle: CodecHandle
  /// The encoder's name.
  let name: String
  /// The framing of NAL units in its packets.
  let framing: NALFraming
  /// The pixel format of its input.
  let pixelFormat: AVPixelFormat

  /// The conventions of an encoder.
  enum Dialect {
    /// libx264 writes lengths, and its parameter sets in advance.
    case x264
    /// Other encoders write start codes; some write parameter sets only before key frames.
    case foreign
  }

  /// Opens an encoder; `level` is level_idc for libx264, nil for the least that suffices.
  ///
  /// - Throws: ``FFmpegError`` if it is unknown, is no H.264 encoder, needs hardware frames, or
  ///   cannot be opened.
  init(
    _ settings: EncoderSettings, dialect: Dialect, level: UInt8? = nil
  ) throws(FFmpegError) {
    name = settings.encoder
    framing = dialect == .x264 ? .lengthPrefixed : .annexB
    if name == "libx264", !EncoderSettings.presets.contains(settings.preset) {
      // x264 would write to standard error, and libavcodec would not report the reason.
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
    handle = unsafe try CodecHandle(codec, name)
    unsafe Self.configure(handle.pointer, settings, dialect, level, format)
    let opened = unsafe handle.open()
    if opened.result < 0 {
      // Another encoder reports no memory also if the hardware has no session left.
      if dialect == .x264 { OutOfMemory.check(opened.result) }
      throw FFmpegError(
        "avcodec_open2", opened.result, ([name] + opened.lines).joined(separator: ": "))
    }
  }

  /// libavcodec's context.
  @unsafe var pointer: UnsafeMutablePointer<AVCodecContext> { unsafe handle.pointer }

  /// The parameter sets that the encoder declares before its first frame; nil if it declares none.
  var announcedParameterSets: ParameterSets? {
    guard let start = unsafe pointer.pointee.extradata else { return nil }
    let bytes = unsafe Span(_unsafeStart: start, count: Int(pointer.pointee.extradata_size))
    // FFmpeg 7.1: libx264 that writes lengths declares the content of `avcC`.
    if bytes.count > 6, bytes[0] == 1 {
      let sets = NALSplitter.parameterSets(.h264, extradata: bytes)
      let annexB: [UInt8] = sets.flatMap { [0, 0, 0, 1] + $0 }
      return ParameterSets(annexB.span, .annexB)
    }
    return ParameterSets(bytes, NALUnits.framing(ofParameterSets: bytes))
  }

  private static func memoryFormat(_ codec: UnsafePointer<AVCodec>) -> AVPixelFormat? {
    // An encoder without a list chooses when it is opened; all such encoders accept yuv420p.
    guard let formats = unsafe cff_pixel_formats(codec) else { return AV_PIX_FMT_YUV420P }
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
    _ dialect: Dialect, _ level: UInt8?, _ format: AVPixelFormat
  ) {
    let rate = settings.rate
    unsafe context.pointee.width = Int32(settings.size.width)
    unsafe context.pointee.height = Int32(settings.size.height)
    unsafe context.pointee.pix_fmt = format
    unsafe context.pointee.time_base = AVRational(num: 1, den: rate.timescale)
    unsafe context.pointee.framerate = AVRational(
      num: Int32(rate.numerator), den: Int32(rate.denominator))
    // Key frames are forced at segment starts; this value prevents additional ones.
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
    // Each frame thread would delay the output by one frame.
    unsafe context.pointee.thread_type = FF_THREAD_SLICE
    // An encoder may not know an option; the result is ignored.
    func option(_ name: String, _ value: String) {
      unsafe av_opt_set(context.pointee.priv_data, name, value, 0)
    }
    option("preset", settings.preset)
    option("forced-idr", "1")
    switch dialect {
    case .x264:
      unsafe context.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER
      option("tune", "zerolatency")
      // x264 divides its tolerance by the number of slices; without this factor a frame whose
      // detail is in one slice gets 80 % of the bitrate. The VBV limits the bitrate as before.
      let level = level.map { ":level=\($0)" } ?? ""
      // Options that parameter sets contain are not changed: cabac, 8x8dct, weightp, ref.
      let hurry =
        settings.isHurried
        ? ":subme=0:me=dia:partitions=none:trellis=0:mixed-refs=0:aq-mode=0:no-deblock=1"
          + ":chroma-qp-offset=\(settings.chromaOffset)" : ""
      option("x264-params", "annexb=0:scenecut=0:ratetol=\(settings.threads)" + level + hurry)
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
