// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg

/// Decodes the JPEG frames of a camera.
///
/// Confined to one thread.
@safe
final class MotionJPEG {
  private let codec: CodecHandle
  private let packet: PacketHandle
  private let picture: FrameHandle
  private var refusedInARow = 0

  /// Consecutive refused frames after which the camera, not the cable, is taken to be at fault.
  private static let maxRefused = 10

  init() throws(FFmpegError) {
    guard let decoder = unsafe avcodec_find_decoder(AV_CODEC_ID_MJPEG) else {
      throw FFmpegError("avcodec_find_decoder", CFF_INVALID, "mjpeg")
    }
    codec = unsafe try CodecHandle(decoder, "mjpeg")
    packet = try PacketHandle()
    picture = try FrameHandle()
    unsafe codec.pointer.pointee.thread_count = 1
    unsafe codec.pointer.pointee.flags |= Int32(AV_CODEC_FLAG_LOW_DELAY)
    // A repeated frame looks better than half a frame.
    unsafe codec.pointer.pointee.err_recognition = AV_EF_EXPLODE
    try FFmpegError.check("avcodec_open2", unsafe codec.open().result, "mjpeg")
  }

  /// The frame in `bytes`, scaled; nil if it is damaged.
  ///
  /// The bytes are copied, since libavcodec reads a few bytes past the end.
  func decode(
    _ bytes: UnsafeRawBufferPointer, _ scaler: Scaler
  ) throws(FFmpegError) -> VideoFrame? {
    try FFmpegError.check("av_new_packet", unsafe packet.fill(bytes))
    defer { packet.clear() }
    let frame = unsafe picture.pointer
    guard unsafe avcodec_send_packet(codec.pointer, packet.pointer) >= 0,
      unsafe avcodec_receive_frame(codec.pointer, frame) >= 0
    else {
      refuse()
      return nil
    }
    defer { picture.clear() }
    refusedInARow = 0
    let full = unsafe frame.pointee.color_range != AVCOL_RANGE_MPEG
    let matrix: ColourMatrix = unsafe frame.pointee.colorspace == AVCOL_SPC_BT709 ? .bt709 : .bt601
    return try unsafe scaler.scale(frame, fullRange: full, matrix: matrix)
  }

  private func refuse() {
    refusedInARow += 1
    if refusedInARow == Self.maxRefused { unsafe codec.pointer.pointee.err_recognition = 0 }
    // After an error the decoder may still hold a frame; it is discarded.
    unsafe avcodec_flush_buffers(codec.pointer)
  }
}
