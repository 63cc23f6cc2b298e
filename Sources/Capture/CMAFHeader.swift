internal import CFFmpeg
internal import Media

/// The CMAF header of a track as libavformat's mov muxer writes it, with the right `avcC`, `colr` and `pasp`.
enum CMAFHeader {
  /// `ftyp` and `moov` of a track for which nothing was coded yet: no edit list, no dates, no library versions.
  static func write(
    _ codec: CodecContext, _ parameterSets: ParameterSets, _ settings: EncoderSettings
  ) throws(FFmpegError) -> [UInt8] {
    let muxer = try Muxer()
    let stream = try unsafe muxer.addStream(settings.rate)
    try FFmpegError.check(
      "avcodec_parameters_from_context",
      unsafe avcodec_parameters_from_context(stream.pointee.codecpar, codec.pointer))
    try unsafe setExtradata(stream.pointee.codecpar, parameterSets.annexB)
    return try muxer.header(timescale: settings.rate.timescale)
  }

  private static func setExtradata(
    _ parameters: UnsafeMutablePointer<AVCodecParameters>, _ bytes: [UInt8]
  ) throws(FFmpegError) {
    guard let memory = unsafe av_mallocz(bytes.count + Int(AV_INPUT_BUFFER_PADDING_SIZE)) else {
      throw FFmpegError("av_mallocz", CFF_ENOMEM)
    }
    unsafe memory.copyMemory(from: bytes, byteCount: bytes.count)
    unsafe av_free(parameters.pointee.extradata)
    unsafe parameters.pointee.extradata = memory.assumingMemoryBound(to: UInt8.self)
    unsafe parameters.pointee.extradata_size = Int32(bytes.count)
    unsafe parameters.pointee.codec_tag = 0
  }
}

/// libavformat's mov muxer, writing to memory, for the header alone.
@safe
private final class Muxer {
  private let context: UnsafeMutablePointer<AVFormatContext>

  init() throws(FFmpegError) {
    FFmpegLog.installed
    var made: UnsafeMutablePointer<AVFormatContext>?
    try FFmpegError.check(
      "avformat_alloc_output_context2",
      unsafe avformat_alloc_output_context2(&made, nil, "mp4", nil))
    guard let context = unsafe made else {
      throw FFmpegError("avformat_alloc_output_context2", CFF_ENOMEM)
    }
    unsafe self.context = context
    // Else the header would name the library's version.
    unsafe context.pointee.flags |= AVFMT_FLAG_BITEXACT
  }

  deinit { unsafe avformat_free_context(context) }

  func addStream(_ rate: FrameRate) throws(FFmpegError) -> UnsafeMutablePointer<AVStream> {
    guard let stream = unsafe avformat_new_stream(context, nil) else {
      throw FFmpegError("avformat_new_stream", CFF_ENOMEM)
    }
    unsafe stream.pointee.time_base = AVRational(num: 1, den: rate.timescale)
    unsafe stream.pointee.avg_frame_rate = AVRational(
      num: Int32(rate.numerator), den: Int32(rate.denominator))
    unsafe stream.pointee.sample_aspect_ratio = AVRational(num: 1, den: 1)
    return unsafe stream
  }

  func header(timescale: Int32) throws(FFmpegError) -> [UInt8] {
    var options: OpaquePointer?
    defer { unsafe av_dict_free(&options) }
    unsafe av_dict_set(&options, "movflags", "cmaf+empty_moov+default_base_moof", 0)
    unsafe av_dict_set(&options, "use_editlist", "0", 0)
    unsafe av_dict_set_int(&options, "video_track_timescale", Int64(timescale), 0)
    try FFmpegError.check("avio_open_dyn_buf", unsafe avio_open_dyn_buf(&context.pointee.pb))
    let written = unsafe avformat_write_header(context, &options)
    var memory: UnsafeMutablePointer<UInt8>?
    let count = unsafe avio_close_dyn_buf(context.pointee.pb, &memory)
    unsafe context.pointee.pb = nil
    defer { unsafe av_free(memory) }
    try FFmpegError.check("avformat_write_header", written)
    return unsafe Array(UnsafeBufferPointer(start: memory, count: Int(count)))
  }
}
