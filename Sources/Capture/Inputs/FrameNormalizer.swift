// SPDX-License-Identifier: Apache-2.0

import CFFmpeg
package import Media

/// Converts decoded frames of any size to frames of one size.
///
/// Confined to one thread.
package final class FrameNormalizer {
  /// The size of the converted frames.
  package let size: VideoSize
  private let scaler: Scaler
  private var rotated: (scaler: Scaler, pool: VideoFramePool, rotation: Rotation)?

  /// A normalizer to `size`; another aspect ratio is letterboxed.
  package init(size: VideoSize) throws(FFmpegError) {
    self.size = size
    scaler = try Scaler(to: size)
  }

  /// The frame in the size and colours of the stream.
  package func frame(_ decoded: DecodedFrame) throws(FFmpegError) -> VideoFrame {
    let frame = unsafe decoded.frame
    let isJPEG = unsafe cff_plain_format(frame.pointee.format) != frame.pointee.format
    let isFull = unsafe isJPEG || frame.pointee.color_range == AVCOL_RANGE_JPEG
    let isSmall = unsafe frame.pointee.height < 720
    let matrix: ColourMatrix =
      switch unsafe frame.pointee.colorspace {
      case AVCOL_SPC_BT709: .bt709
      case AVCOL_SPC_BT470BG, AVCOL_SPC_SMPTE170M: .bt601
      // If the source declares no matrix, the customary matrix of the size applies.
      default: isSmall || isJPEG ? .bt601 : .bt709
      }
    guard decoded.rotation != .none else {
      return try unsafe scaler.scale(
        frame, fullRange: isFull, matrix: matrix, aspect: decoded.aspect)
    }
    let (scaler, pool, rotation) = try rotating(decoded.rotation)
    let unrotated = try unsafe scaler.scale(
      frame, fullRange: isFull, matrix: matrix, aspect: decoded.aspect)
    return pool.frame { $0.copy(from: Canvas(unrotated), rotatedBy: rotation) }
  }

  /// The scaler for the unrotated frame from which the rotated frame is derived.
  private func rotating(
    _ rotation: Rotation
  ) throws(FFmpegError) -> (scaler: Scaler, pool: VideoFramePool, rotation: Rotation) {
    if let rotated, rotated.rotation == rotation { return rotated }
    let unrotated = rotation.isSideways ? VideoSize(width: size.height, height: size.width) : size
    guard let unrotated else {
      throw FFmpegError(refused: "a frame of \(size) cannot be rotated by 90 degrees")
    }
    let made = (try Scaler(to: unrotated), try VideoFramePool(size: size), rotation)
    rotated = made
    return made
  }
}
