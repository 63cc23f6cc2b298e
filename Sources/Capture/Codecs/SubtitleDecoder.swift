// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg

/// A decoder of libavcodec for texts: WebVTT, timed text of MP4, SubRip, teletext.
///
/// Confined to one thread.
@safe
final class SubtitleDecoder {
  private let context: UnsafeMutablePointer<AVCodecContext>
  private let packet: UnsafeMutablePointer<AVPacket>

  /// Opens a decoder.
  ///
  /// - Parameters:
  ///   - codec: the codec in libavcodec's numbers.
  ///   - extradata: the configuration of the container.
  ///   - page: the page of teletext, such as 888; nil for other codecs.
  /// - Throws: ``FFmpegError`` if libavcodec has no decoder, or it cannot be opened.
  init(_ codec: AVCodecID, extradata: [UInt8], page: Int?) throws(FFmpegError) {
    FFmpegLog.installed
    guard let found = unsafe avcodec_find_decoder(codec) else {
      throw FFmpegError(refused: "libavcodec has no decoder for subtitles of this kind")
    }
    guard let context = unsafe avcodec_alloc_context3(found), let packet = unsafe av_packet_alloc()
    else { throw FFmpegError(noMemory: "avcodec_alloc_context3") }
    unsafe self.context = context
    unsafe self.packet = packet
    unsafe context.pointee.pkt_timebase = AVRational(num: 1, den: 1000)
    unsafe context.pointee.time_base = AVRational(num: 1, den: 1000)
    if !extradata.isEmpty, page == nil {
      unsafe context.pointee.extradata = try Extradata.copy(extradata)
      unsafe context.pointee.extradata_size = Int32(clamping: extradata.count)
    }
    var options: OpaquePointer?
    defer { unsafe av_dict_free(&options) }
    if let page {
      unsafe av_dict_set(&options, "txt_page", "\(page)", 0)
      unsafe av_dict_set(&options, "txt_format", "text", 0)
    }
    let opened = FFmpegLog.collecting { unsafe avcodec_open2(context, found, &options) }
    try FFmpegError.check("avcodec_open2", opened.result, opened.lines.last ?? "")
  }

  deinit {
    var context: UnsafeMutablePointer<AVCodecContext>? = unsafe context
    unsafe avcodec_free_context(&context)
    var packet: UnsafeMutablePointer<AVPacket>? = unsafe packet
    unsafe av_packet_free(&packet)
  }

  /// The texts in a packet, which replace those before.
  ///
  /// - Parameters:
  ///   - bytes: the packet.
  ///   - milliseconds: its duration; 0 if it is unknown.
  /// - Returns: the lines of each text; empty if the packet removes the text. Nil if the packet
  ///   changes nothing, or is damaged.
  func decode(_ bytes: [UInt8], milliseconds: Int64) -> [String]? {
    guard unsafe av_new_packet(packet, Int32(clamping: bytes.count)) >= 0,
      let data = unsafe packet.pointee.data
    else { return nil }
    defer { unsafe av_packet_unref(packet) }
    unsafe UnsafeMutableRawPointer(data).copyMemory(from: bytes, byteCount: bytes.count)
    unsafe packet.pointee.pts = 0
    unsafe packet.pointee.duration = milliseconds
    var subtitle = unsafe AVSubtitle()
    var isComplete: Int32 = 0
    let decoded = FFmpegLog.collecting {
      unsafe avcodec_decode_subtitle2(context, &subtitle, &isComplete, packet)
    }
    guard decoded.result >= 0, isComplete != 0 else { return nil }
    defer { unsafe avsubtitle_free(&subtitle) }
    return unsafe (0..<Int(subtitle.num_rects)).compactMap { index in
      guard let area = unsafe subtitle.rects?[index] else { return nil }
      if let text = unsafe area.pointee.text { return unsafe String(cString: text) }
      return unsafe area.pointee.ass.map { unsafe StyledText.plain(String(cString: $0)) }
    }
  }
}
