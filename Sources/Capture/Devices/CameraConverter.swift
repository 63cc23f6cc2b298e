// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
internal import CV4L2
internal import Media

/// Converts a camera's buffers to frames of the requested size.
///
/// Confined to one thread.
@safe
final class CameraConverter {
  private let format: PixelFormat
  private let geometry: v4l2_pix_format
  private let scaler: Scaler
  private let decoder: MotionJPEG?
  private let view: FrameHandle

  /// A converter for the format that the driver has chosen.
  init(_ format: PixelFormat, _ geometry: v4l2_pix_format, to size: VideoSize) throws(FFmpegError) {
    self.format = format
    self.geometry = geometry
    scaler = try Scaler(to: size)
    decoder = if format.isCompressed { try MotionJPEG() } else { nil }
    view = try FrameHandle()
  }

  /// The frame in a buffer; nil if it is damaged or incomplete.
  @unsafe
  func frame(_ bytes: UnsafeRawBufferPointer) throws(FFmpegError) -> VideoFrame? {
    guard let start = bytes.baseAddress, bytes.count > 0 else { return nil }
    if let decoder { return try unsafe decoder.decode(bytes, scaler) }
    let needed = unsafe cff_frame_view(
      view.pointer, start.assumingMemoryBound(to: UInt8.self), format.rawFormat.rawValue,
      Int32(geometry.width), Int32(geometry.height), Int32(geometry.bytesperline))
    try FFmpegError.check("av_image_fill_pointers", needed)
    defer { view.clear() }
    guard bytes.count >= Int(needed) else { return nil }
    return try unsafe scaler.scale(view.pointer, fullRange: isFullRange, matrix: matrix)
  }

  private var matrix: ColourMatrix {
    var geometry = geometry
    return unsafe cv4l2_is_bt709(&geometry) != 0 ? .bt709 : .bt601
  }

  private var isFullRange: Bool {
    if geometry.quantization == V4L2_QUANTIZATION_FULL_RANGE.rawValue { return true }
    return geometry.quantization == V4L2_QUANTIZATION_DEFAULT.rawValue
      && geometry.colorspace == V4L2_COLORSPACE_JPEG.rawValue
  }
}
