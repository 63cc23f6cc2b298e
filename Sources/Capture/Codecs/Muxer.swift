// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg

/// libavformat's mov muxer, writing a header to memory.
@safe
final class Muxer {
  private let context: UnsafeMutablePointer<AVFormatContext>

  init() throws(FFmpegError) {
    FFmpegLog.installed
    var made: UnsafeMutablePointer<AVFormatContext>?
    try FFmpegError.check(
      "avformat_alloc_output_context2",
      unsafe avformat_alloc_output_context2(&made, nil, "mp4", nil))
    guard let context = unsafe made else {
      throw FFmpegError(noMemory: "avformat_alloc_output_context2")
    }
    unsafe self.context = context
    // Otherwise the header would contain the library's version.
    unsafe context.pointee.flags |= AVFMT_FLAG_BITEXACT
  }

  deinit { unsafe avformat_free_context(context) }

  func addStream(timescale: Int32) throws(FFmpegError) -> UnsafeMutablePointer<AVStream> {
    guard let stream = unsafe avformat_new_stream(context, nil) else {
      throw FFmpegError(noMemory: "avformat_new_stream")
    }
    unsafe stream.pointee.time_base = AVRational(num: 1, den: timescale)
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
