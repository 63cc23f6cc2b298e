// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
package import Media

/// A finished frame: YUV 4:2:0, limited range, BT.709, square pixels.
///
/// Immutable.
///
/// Any number of threads may read it. Its memory returns to its pool with the last reference,
/// including the references of encoders.
@safe
package final class VideoFrame: @unchecked Sendable {
  /// Width and height.
  package let size: VideoSize
  /// The time of the burned clock in milliseconds since 1970; nil if none is burned.
  package let burnedMilliseconds: Int64?
  /// The planes; written only before the frame is handed out.
  @unsafe let avFrame: UnsafeMutablePointer<AVFrame>
  private let pool: VideoFramePool

  fileprivate init(
    pool: VideoFramePool, avFrame: UnsafeMutablePointer<AVFrame>, burnedMilliseconds: Int64?
  ) {
    self.size = pool.size
    self.pool = pool
    unsafe self.avFrame = avFrame
    self.burnedMilliseconds = burnedMilliseconds
  }

  deinit {
    var avFrame: UnsafeMutablePointer<AVFrame>? = unsafe avFrame
    unsafe av_frame_free(&avFrame)
  }

  /// A copy with the burned clock and the timecode of `milliseconds` since 1970.
  package func withClock(_ milliseconds: Int64) -> VideoFrame {
    pool.frame(burnedMilliseconds: milliseconds) { canvas in
      canvas.copy(from: Canvas(self))
      canvas.paintClock(milliseconds)
    }
  }
}

/// Memory for frames of one size, reused when a frame is released.
@safe
final class VideoFramePool: @unchecked Sendable {
  /// The size of all frames of the pool.
  let size: VideoSize
  private let buffers: OpaquePointer

  /// A pool that allocates on demand.
  ///
  /// - Throws: ``FFmpegError`` if no frame of this size is possible.
  init(size: VideoSize) throws(FFmpegError) {
    self.size = size
    let bytes = try FFmpegError.check(
      "av_image_get_buffer_size", cff_frame_bytes(Int32(size.width), Int32(size.height)),
      size.description)
    guard let buffers = unsafe av_buffer_pool_init(Int(bytes), nil) else {
      throw FFmpegError(noMemory: "av_buffer_pool_init", size.description)
    }
    unsafe self.buffers = buffers
  }

  deinit {
    // Buffers in use keep the pool's memory until they are released.
    var buffers: OpaquePointer? = unsafe buffers
    unsafe av_buffer_pool_uninit(&buffers)
  }

  /// A frame that `paint` fills; its memory is uninitialised before.
  func frame<Failure: Error>(
    burnedMilliseconds: Int64? = nil, _ paint: (Canvas) throws(Failure) -> Void
  ) throws(Failure) -> VideoFrame {
    guard let avFrame = unsafe cff_frame_from_pool(buffers, Int32(size.width), Int32(size.height))
    else {
      // Swift's own allocations end the process in this case, too.
      preconditionFailure("out of memory for a frame of \(size)")
    }
    let frame = unsafe VideoFrame(
      pool: self, avFrame: avFrame, burnedMilliseconds: burnedMilliseconds)
    try paint(Canvas(frame))
    return frame
  }
}
