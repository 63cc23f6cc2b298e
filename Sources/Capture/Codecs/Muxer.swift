// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
internal import Media

/// libavformat's mov muxer, writing a header to memory.
enum Muxer {
  /// The header of one track.
  ///
  /// - Parameters:
  ///   - timescale: ticks per second.
  ///   - rate: the frame rate of video, whose pixels are square.
  ///   - describe: completes the stream and its parameters.
  /// - Returns: `ftyp` and `moov`.
  /// - Throws: ``FFmpegError`` of the muxer, or of `describe`.
  @unsafe static func header(
    timescale: Int32, rate: FrameRate? = nil,
    _ describe: (UnsafeMutablePointer<AVStream>, UnsafeMutablePointer<AVCodecParameters>)
      throws(FFmpegError) -> Void
  ) throws(FFmpegError) -> [UInt8] {
    FFmpegLog.installed
    var made: UnsafeMutablePointer<AVFormatContext>?
    try FFmpegError.check(
      "avformat_alloc_output_context2",
      unsafe avformat_alloc_output_context2(&made, nil, "mp4", nil))
    guard let context = unsafe made else {
      throw FFmpegError(noMemory: "avformat_alloc_output_context2")
    }
    defer { unsafe avformat_free_context(context) }
    // Otherwise the header would contain the library's version.
    unsafe context.pointee.flags |= AVFMT_FLAG_BITEXACT
    guard let stream = unsafe avformat_new_stream(context, nil),
      let parameters = unsafe stream.pointee.codecpar
    else { throw FFmpegError(noMemory: "avformat_new_stream") }
    unsafe stream.pointee.time_base = AVRational(num: 1, den: timescale)
    if let rate {
      unsafe stream.pointee.avg_frame_rate = AVRational(
        num: Int32(rate.numerator), den: Int32(rate.denominator))
      unsafe stream.pointee.sample_aspect_ratio = AVRational(num: 1, den: 1)
    }
    try unsafe describe(stream, parameters)
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
