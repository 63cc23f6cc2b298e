// SPDX-License-Identifier: Apache-2.0

import CFFmpeg
import Foundation
import Testing

/// A CMAF header and segments, read by libavformat and libavcodec.
@safe
struct DecodedFile {
  /// Of each packet, in ticks of the track's timescale.
  private(set) var times: [Int64] = []
  /// Whether each packet is marked as a key frame.
  private(set) var keys: [Bool] = []
  /// The number of decoded frames.
  private(set) var frames = 0
  /// Errors, as codes of libavcodec.
  private(set) var errors: [Int32] = []

  init(_ bytes: [UInt8]) throws {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("streams-\(UUID().uuidString).mp4")
    try Data(bytes).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    var opened: UnsafeMutablePointer<AVFormatContext>?
    try #require(unsafe avformat_open_input(&opened, file.path, nil, nil) == 0)
    defer { unsafe avformat_close_input(&opened) }
    let input = unsafe try #require(unsafe opened)
    try #require(unsafe input.pointee.nb_streams == 1)
    let stream = unsafe try #require(unsafe input.pointee.streams[0])
    var decoder = unsafe avcodec_alloc_context3(avcodec_find_decoder(AV_CODEC_ID_H264))
    defer { unsafe avcodec_free_context(&decoder) }
    let context = unsafe try #require(unsafe decoder)
    try #require(
      unsafe avcodec_parameters_to_context(context, stream.pointee.codecpar) >= 0)
    unsafe context.pointee.err_recognition = AV_EF_EXPLODE
    unsafe context.pointee.thread_count = 1
    try #require(unsafe avcodec_open2(context, nil, nil) == 0)
    var packet = unsafe av_packet_alloc()
    defer { unsafe av_packet_free(&packet) }
    while unsafe av_read_frame(input, packet) >= 0 {
      if let read = unsafe packet {
        unsafe times.append(read.pointee.pts)
        unsafe keys.append(read.pointee.flags & AV_PKT_FLAG_KEY != 0)
      }
      unsafe decode(context, packet)
      unsafe av_packet_unref(packet)
    }
    unsafe decode(context, nil)
  }

  private mutating func decode(
    _ context: UnsafeMutablePointer<AVCodecContext>, _ packet: UnsafeMutablePointer<AVPacket>?
  ) {
    let result = unsafe avcodec_send_packet(context, packet)
    if result < 0 { errors.append(result) }
    var frame = unsafe av_frame_alloc()
    defer { unsafe av_frame_free(&frame) }
    while unsafe avcodec_receive_frame(context, frame) >= 0 { frames += 1 }
  }
}
