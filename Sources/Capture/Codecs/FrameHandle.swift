// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
internal import Media

/// An empty AVFrame that refers to a picture while it is given to an encoder; one thread's own.
@safe
final class FrameHandle {
  @unsafe let pointer: UnsafeMutablePointer<AVFrame>

  init() throws(FFmpegError) {
    guard let frame = unsafe av_frame_alloc() else {
      throw FFmpegError("av_frame_alloc", CFF_ENOMEM)
    }
    unsafe pointer = frame
  }

  deinit {
    var frame: UnsafeMutablePointer<AVFrame>? = unsafe pointer
    unsafe av_frame_free(&frame)
  }

  /// Refers to a picture's planes; nothing is copied.
  func refer(to picture: VideoFrame) throws(FFmpegError) {
    try FFmpegError.check("av_frame_ref", unsafe av_frame_ref(pointer, picture.frame))
  }

  /// Sets what belongs to this use of the picture, not to the picture.
  func timestamp(pts: Int64, independent: Bool) {
    unsafe pointer.pointee.pts = pts
    unsafe pointer.pointee.pict_type = independent ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE
  }

  /// Lets go of the picture.
  func clear() { unsafe av_frame_unref(pointer) }
}

/// Makes NV12 frames for encoders that take nothing else from memory; one thread's own.
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

  /// Fills `frame`, which is empty, with new memory and the picture.
  func convert(_ picture: VideoFrame, into frame: FrameHandle) throws(FFmpegError) {
    unsafe av_frame_copy_props(frame.pointer, picture.frame)
    unsafe frame.pointer.pointee.format = AV_PIX_FMT_NV12.rawValue
    unsafe frame.pointer.pointee.width = Int32(size.width)
    unsafe frame.pointer.pointee.height = Int32(size.height)
    try FFmpegError.check(
      "av_frame_get_buffer", unsafe av_frame_get_buffer(frame.pointer, CFF_ALIGNMENT))
    try FFmpegError.check(
      "sws_scale", unsafe cff_scale(context, picture.frame, frame.pointer, 0, 0))
  }
}
