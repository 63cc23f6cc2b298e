// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg

/// Decodes the JPEG frames of a camera.
///
/// Confined to one thread.
@safe
final class MotionJPEG {
  private let context: UnsafeMutablePointer<AVCodecContext>
  private let packet: UnsafeMutablePointer<AVPacket>
  private let frame: UnsafeMutablePointer<AVFrame>
  private var refusedInARow = 0

  /// Consecutive refused frames after which the camera, not the cable, is taken to be at fault.
  private static let maxRefused = 10

  init() throws(FFmpegError) {
    FFmpegLog.installed
    guard let codec = unsafe avcodec_find_decoder(AV_CODEC_ID_MJPEG) else {
      throw FFmpegError("avcodec_find_decoder", CFF_INVALID, "mjpeg")
    }
    guard let context = unsafe avcodec_alloc_context3(codec), let packet = unsafe av_packet_alloc(),
      let frame = unsafe av_frame_alloc()
    else { throw FFmpegError(noMemory: "avcodec_alloc_context3", "mjpeg") }
    unsafe self.context = context
    unsafe self.packet = packet
    unsafe self.frame = frame
    unsafe context.pointee.thread_count = 1
    unsafe context.pointee.flags |= Int32(AV_CODEC_FLAG_LOW_DELAY)
    // A repeated frame looks better than half a frame.
    unsafe context.pointee.err_recognition = AV_EF_EXPLODE
    try FFmpegError.check("avcodec_open2", unsafe avcodec_open2(context, codec, nil), "mjpeg")
  }

  deinit {
    var context: UnsafeMutablePointer<AVCodecContext>? = unsafe context
    unsafe avcodec_free_context(&context)
    var packet: UnsafeMutablePointer<AVPacket>? = unsafe packet
    unsafe av_packet_free(&packet)
    var frame: UnsafeMutablePointer<AVFrame>? = unsafe frame
    unsafe av_frame_free(&frame)
  }

  /// The frame in `bytes`, scaled; nil if it is damaged.
  ///
  /// The bytes are copied, since libavcodec reads a few bytes past the end.
  func decode(
    _ bytes: UnsafeRawBufferPointer, _ scaler: Scaler
  ) throws(FFmpegError) -> VideoFrame? {
    try FFmpegError.check("av_new_packet", unsafe av_new_packet(packet, Int32(bytes.count)))
    defer { unsafe av_packet_unref(packet) }
    if let start = bytes.baseAddress, let data = unsafe packet.pointee.data {
      unsafe UnsafeMutableRawPointer(data).copyMemory(from: start, byteCount: bytes.count)
    }
    guard unsafe avcodec_send_packet(context, packet) >= 0,
      unsafe avcodec_receive_frame(context, frame) >= 0
    else {
      refuse()
      return nil
    }
    defer { unsafe av_frame_unref(frame) }
    refusedInARow = 0
    let full = unsafe frame.pointee.color_range != AVCOL_RANGE_MPEG
    let matrix: ColourMatrix = unsafe frame.pointee.colorspace == AVCOL_SPC_BT709 ? .bt709 : .bt601
    return try unsafe scaler.scale(frame, fullRange: full, matrix: matrix)
  }

  private func refuse() {
    refusedInARow += 1
    if refusedInARow == Self.maxRefused { unsafe context.pointee.err_recognition = 0 }
    // After an error the decoder may still hold a frame; it is discarded.
    unsafe avcodec_flush_buffers(context)
  }
}
