// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg

/// A decoder of libavcodec for texts: WebVTT, timed text of MP4, SubRip, teletext.
///
/// Confined to one thread.
@safe
final class SubtitleDecoder {
  private let codec: CodecHandle
  private let packet: PacketHandle

  /// The form of texts of teletext.
  enum PageForm {
    /// All rows but the first, with the space around texts, without colours.
    case rows
    /// Lines with colours.
    case colours
  }

  /// Opens a decoder for a page of teletext, such as 888.
  ///
  /// - Throws: ``FFmpegError`` if libavcodec has no decoder, or it cannot be opened.
  convenience init(teletext page: Int, _ form: PageForm) throws(FFmpegError) {
    var options = ["txt_page": "\(page)", "txt_chop_top": "1"]
    switch form {
    case .rows: (options["txt_format"], options["txt_chop_spaces"]) = ("text", "0")
    case .colours: options["txt_format"] = "ass"
    }
    try self.init(AV_CODEC_ID_DVB_TELETEXT, extradata: [], options)
  }

  /// Opens a decoder.
  ///
  /// - Parameters:
  ///   - codec: the codec in libavcodec's numbers.
  ///   - extradata: the configuration of the container.
  ///   - settings: options of the decoder.
  /// - Throws: ``FFmpegError`` if libavcodec has no decoder, or it cannot be opened.
  init(
    _ codec: AVCodecID, extradata: [UInt8], _ settings: [String: String] = [:]
  ) throws(FFmpegError) {
    guard let found = unsafe avcodec_find_decoder(codec) else {
      let needed = codec == AV_CODEC_ID_DVB_TELETEXT ? ", which needs libzvbi" : ""
      let name = unsafe String(cString: avcodec_get_name(codec))
      throw FFmpegError(refused: "libavcodec has no decoder for \(name)\(needed)")
    }
    self.codec = unsafe try CodecHandle(found)
    packet = try PacketHandle()
    unsafe self.codec.pointer.pointee.pkt_timebase = AVRational(num: 1, den: 1000)
    unsafe self.codec.pointer.pointee.time_base = AVRational(num: 1, den: 1000)
    if !extradata.isEmpty { try self.codec.setExtradata(extradata) }
    var options: OpaquePointer?
    defer { unsafe av_dict_free(&options) }
    for (name, value) in settings { unsafe av_dict_set(&options, name, value, 0) }
    let opened = unsafe self.codec.open(&options)
    try FFmpegError.check("avcodec_open2", opened.result, opened.lines.last ?? "")
  }

  /// The texts in a packet, which replace those before.
  ///
  /// - Parameters:
  ///   - bytes: the packet.
  ///   - milliseconds: its duration; 0 if it is unknown.
  ///   - read: reads an event of ASS.
  /// - Returns: the lines of each text; empty if the packet removes the text. Nil if the packet
  ///   changes nothing, or is damaged.
  func decode(
    _ bytes: [UInt8], milliseconds: Int64, reading read: (String) -> String = StyledText.plain
  ) -> [String]? {
    guard packet.fill(bytes) >= 0 else { return nil }
    defer { packet.clear() }
    unsafe packet.pointer.pointee.pts = 0
    unsafe packet.pointer.pointee.duration = milliseconds
    var subtitle = unsafe AVSubtitle()
    var isComplete: Int32 = 0
    let decoded = FFmpegLog.collecting {
      unsafe avcodec_decode_subtitle2(codec.pointer, &subtitle, &isComplete, packet.pointer)
    }
    guard decoded.result >= 0, isComplete != 0 else { return nil }
    defer { unsafe avsubtitle_free(&subtitle) }
    return unsafe (0..<Int(subtitle.num_rects)).compactMap { index in
      guard let area = unsafe subtitle.rects?[index] else { return nil }
      if let text = unsafe area.pointee.text { return unsafe String(cString: text) }
      return unsafe area.pointee.ass.map { unsafe read(String(cString: $0)) }
    }
  }
}
