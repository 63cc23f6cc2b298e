// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
package import Media

/// A finished picture: YUV 4:2:0, limited range, BT.709, square pixels; never changed after hand-off.
///
/// Any number of threads may read it. Its memory goes back to the pool it came from with the last reference,
/// including those that an encoder holds.
@safe
package final class VideoFrame: @unchecked Sendable {
  /// Width and height.
  package let size: VideoSize
  /// The stamp that strip and timecode show, in milliseconds since 1970; nil where there is no burned clock.
  package let burnedMilliseconds: Int64?
  /// The planes; written only by who made the picture, before anybody else has it.
  @unsafe let frame: UnsafeMutablePointer<AVFrame>
  private let pool: VideoFramePool

  fileprivate init(
    pool: VideoFramePool, frame: UnsafeMutablePointer<AVFrame>, burnedMilliseconds: Int64?
  ) {
    self.size = pool.size
    self.pool = pool
    unsafe self.frame = frame
    self.burnedMilliseconds = burnedMilliseconds
  }

  deinit {
    var frame: UnsafeMutablePointer<AVFrame>? = unsafe frame
    unsafe av_frame_free(&frame)
  }

  /// A copy with the BC64 strip and the timecode painted for that stamp.
  ///
  /// The stamp is in milliseconds since 1970.
  package func withClock(_ milliseconds: Int64) -> VideoFrame {
    pool.picture(burnedMilliseconds: milliseconds) { canvas in
      canvas.copy(from: Canvas(self))
      canvas.paintClock(milliseconds)
    }
  }
}

/// Memory for pictures of one size, used again when a picture is done with.
@safe
final class VideoFramePool: @unchecked Sendable {
  /// The size of all its pictures.
  let size: VideoSize
  private let buffers: OpaquePointer

  /// A pool that allocates as it is asked.
  /// - Throws: where a picture of this size is impossible.
  init(size: VideoSize) throws(FFmpegError) {
    self.size = size
    let bytes = try FFmpegError.check(
      "av_image_get_buffer_size", cff_picture_bytes(Int32(size.width), Int32(size.height)),
      size.description)
    guard let buffers = unsafe av_buffer_pool_init(Int(bytes), nil) else {
      throw FFmpegError("av_buffer_pool_init", CFF_ENOMEM, size.description)
    }
    unsafe self.buffers = buffers
  }

  deinit {
    // Buffers that are still out keep the pool's memory until they come back.
    var buffers: OpaquePointer? = unsafe buffers
    unsafe av_buffer_pool_uninit(&buffers)
  }

  /// A picture that `paint` has filled; its memory holds anything before.
  func picture<Failure: Error>(
    burnedMilliseconds: Int64? = nil, _ paint: (Canvas) throws(Failure) -> Void
  ) throws(Failure) -> VideoFrame {
    guard let frame = unsafe cff_frame_from_pool(buffers, Int32(size.width), Int32(size.height))
    else {
      // As Swift's own allocations do.
      preconditionFailure("out of memory for a picture of \(size)")
    }
    let picture = unsafe VideoFrame(
      pool: self, frame: frame, burnedMilliseconds: burnedMilliseconds)
    try paint(Canvas(picture))
    return picture
  }
}
