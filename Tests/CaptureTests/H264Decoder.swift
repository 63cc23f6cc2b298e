// SPDX-License-Identifier: Apache-2.0

import CFFmpeg
import Testing

/// Decodes the encoder's access units with libavcodec.
@safe
final class H264Decoder {
  private let context: UnsafeMutablePointer<AVCodecContext>
  private let frame: UnsafeMutablePointer<AVFrame>
  private let packet: UnsafeMutablePointer<AVPacket>

  /// Opens the decoder with the content of an `avcC` box.
  init(configuration: [UInt8]) throws {
    unsafe context = try #require(
      unsafe avcodec_alloc_context3(avcodec_find_decoder(AV_CODEC_ID_H264)))
    unsafe frame = try #require(unsafe av_frame_alloc())
    unsafe packet = try #require(unsafe av_packet_alloc())
    let memory = unsafe try #require(
      unsafe av_mallocz(configuration.count + Int(AV_INPUT_BUFFER_PADDING_SIZE)))
    unsafe memory.copyMemory(from: configuration, byteCount: configuration.count)
    unsafe context.pointee.extradata = memory.assumingMemoryBound(to: UInt8.self)
    unsafe context.pointee.extradata_size = Int32(configuration.count)
    unsafe context.pointee.thread_count = 1
    unsafe context.pointee.flags |= Int32(AV_CODEC_FLAG_LOW_DELAY)
    unsafe context.pointee.err_recognition = AV_EF_EXPLODE
    try #require(unsafe avcodec_open2(context, nil, nil) == 0)
  }

  deinit {
    var context: UnsafeMutablePointer<AVCodecContext>? = unsafe context
    unsafe avcodec_free_context(&context)
    var frame: UnsafeMutablePointer<AVFrame>? = unsafe frame
    unsafe av_frame_free(&frame)
    var packet: UnsafeMutablePointer<AVPacket>? = unsafe packet
    unsafe av_packet_free(&packet)
  }

  /// The luma of a decoded frame.
  struct Luma {
    let width, height: Int
    let rows: [[UInt8]]
    let isLimitedBT709: Bool
    var clock: Int64? { ClockReader.read(width: width, height: height) { rows[$1][$0] } }
  }

  /// Decodes one access unit, which must give its frame without delay.
  func decode(_ bytes: [UInt8]) throws -> Luma {
    try #require(unsafe av_new_packet(packet, Int32(bytes.count)) == 0)
    defer { unsafe av_packet_unref(packet) }
    let data = unsafe try #require(unsafe packet.pointee.data)
    for (index, byte) in bytes.enumerated() { unsafe data[index] = byte }
    try #require(unsafe avcodec_send_packet(context, packet) == 0)
    try #require(unsafe avcodec_receive_frame(context, frame) == 0)
    let (width, height) = unsafe (Int(frame.pointee.width), Int(frame.pointee.height))
    let stride = unsafe Int(cff_stride(frame, 0))
    let luma = unsafe try #require(unsafe cff_plane(frame, 0))
    return Luma(
      width: width, height: height,
      rows: (0..<height).map {
        unsafe Array(UnsafeBufferPointer(start: luma + $0 * stride, count: width))
      },
      isLimitedBT709: unsafe frame.pointee.color_range == AVCOL_RANGE_MPEG
        && frame.pointee.colorspace == AVCOL_SPC_BT709)
  }
}
