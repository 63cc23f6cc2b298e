// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
internal import Media

/// An AVFrame that refers to a ``VideoFrame`` during one call of an encoder.
///
/// Confined to one thread.
@safe
final class FrameHandle {
  @unsafe let pointer: UnsafeMutablePointer<AVFrame>

  init() throws(FFmpegError) {
    guard let frame = unsafe av_frame_alloc() else {
      throw FFmpegError(noMemory: "av_frame_alloc")
    }
    unsafe pointer = frame
  }

  deinit {
    var frame: UnsafeMutablePointer<AVFrame>? = unsafe pointer
    unsafe av_frame_free(&frame)
  }

  /// Refers to the planes of `frame`; copies nothing.
  func refer(to frame: VideoFrame) throws(FFmpegError) {
    try FFmpegError.check("av_frame_ref", unsafe av_frame_ref(pointer, frame.avFrame))
  }

  /// Sets the timestamp and the type of the access unit to be encoded.
  func setTimestamp(pts: Int64, independent: Bool) {
    unsafe pointer.pointee.pts = pts
    unsafe pointer.pointee.pict_type = independent ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE
  }

  /// Adds captions: triplets of cc_data.
  func setCaptions(_ captions: [UInt8]) throws(FFmpegError) {
    guard !captions.isEmpty else { return }
    guard
      let data = unsafe av_frame_new_side_data(
        pointer, AV_FRAME_DATA_A53_CC, captions.count)
    else { throw FFmpegError(noMemory: "av_frame_new_side_data") }
    unsafe UnsafeMutableRawPointer(data.pointee.data)
      .copyMemory(from: captions, byteCount: captions.count)
  }

  /// Releases the frame.
  func clear() { unsafe av_frame_unref(pointer) }
}

/// Converts frames to NV12 for encoders that accept no other format in system memory.
///
/// Confined to one thread.
@safe
final class FrameConverter {
  private let size: VideoSize
  private let context: OpaquePointer

  init(_ size: VideoSize) throws(FFmpegError) {
    self.size = size
    guard
      let context = unsafe cff_scaler(
        AV_PIX_FMT_YUV420P.rawValue, 0, Int32(size.width), Int32(size.height),
        AV_PIX_FMT_NV12.rawValue, Int32(size.width), Int32(size.height))
    else { throw FFmpegError("sws_init_context", CFF_INVALID, "yuv420p to nv12") }
    unsafe self.context = context
  }

  deinit { unsafe sws_freeContext(context) }

  /// Allocates memory for `handle`, which is empty, and converts `frame` into it.
  func convert(_ frame: VideoFrame, into handle: FrameHandle) throws(FFmpegError) {
    unsafe av_frame_copy_props(handle.pointer, frame.avFrame)
    unsafe handle.pointer.pointee.format = AV_PIX_FMT_NV12.rawValue
    unsafe handle.pointer.pointee.width = Int32(size.width)
    unsafe handle.pointer.pointee.height = Int32(size.height)
    try FFmpegError.check(
      "av_frame_get_buffer", unsafe av_frame_get_buffer(handle.pointer, CFF_ALIGNMENT))
    try FFmpegError.check(
      "sws_scale", unsafe cff_scale(context, frame.avFrame, handle.pointer, 0, 0))
  }
}
