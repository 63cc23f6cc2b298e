// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
internal import Media

/// The area of a frame within a frame of another aspect ratio: as large as possible, centred, not
/// distorted.
enum Letterbox {
  /// The area of a `width`×`height` frame within `size`; all its sides are even.
  static func area(width: Int, height: Int, within size: VideoSize) -> Area {
    let (w, h) = (max(1, width), max(1, height))
    var fitted = (width: size.width, height: size.height)
    if w * size.height > h * size.width {
      fitted.height = max(2, (2 * size.width * h + w) / (2 * w) & ~1)
    } else {
      fitted.width = max(2, (2 * size.height * w + h) / (2 * h) & ~1)
    }
    let x = (size.width - fitted.width) / 2 & ~1
    let y = (size.height - fitted.height) / 2 & ~1
    return Area(x: x..<x + fitted.width, y: y..<y + fitted.height)
  }
}

/// Scales frames of any size and pixel format to one size.
///
/// Confined to one thread.
@safe
final class Scaler {
  /// The parameters of a libswscale context.
  private struct Kind: Hashable {
    var format: Int32
    var fullRange: Bool
    var width, height: Int32
    var aspect: SampleAspect
  }

  let size: VideoSize
  private let pool: VideoFramePool
  private var kind: Kind?
  private var context: OpaquePointer?
  private var area: Area

  /// A scaler to `size`.
  init(to size: VideoSize) throws(FFmpegError) {
    self.size = size
    pool = try VideoFramePool(size: size)
    area = Area(x: 0..<size.width, y: 0..<size.height)
  }

  deinit { unsafe sws_freeContext(context) }

  /// A frame of the scaler's size that contains all of `frame`, letterboxed in black.
  ///
  /// `fullRange`: luma is 0…255, as in JPEG. `aspect`: the aspect ratio of the pixels. `paint` may
  /// paint over the result before it is returned.
  func scale(
    _ frame: UnsafePointer<AVFrame>, fullRange: Bool, matrix: ColourMatrix,
    aspect: SampleAspect = SampleAspect(1, 1), burnedMilliseconds: Int64? = nil,
    then paint: (Canvas) -> Void = { _ in }
  ) throws(FFmpegError) -> VideoFrame {
    let kind = unsafe Kind(
      format: cff_plain_format(frame.pointee.format), fullRange: fullRange,
      width: frame.pointee.width, height: frame.pointee.height, aspect: aspect)
    if kind != self.kind { try prepare(kind) }
    return try pool.frame(burnedMilliseconds: burnedMilliseconds) {
      (canvas) throws(FFmpegError) in
      try FFmpegError.check(
        "sws_scale",
        unsafe cff_scale(
          context, frame, canvas.avFrame, Int32(area.x.lowerBound), Int32(area.y.lowerBound)))
      if matrix == .bt601 { canvas.convertFromBT601(area) }
      // Filled last, since vector stores may write past the right edge of the scaled frame.
      canvas.fillAround(area, .black)
      paint(canvas)
    }
  }

  private func prepare(_ kind: Kind) throws(FFmpegError) {
    unsafe sws_freeContext(context)
    unsafe context = nil
    self.kind = nil
    area = Letterbox.area(
      width: kind.aspect.width(Int(kind.width)), height: Int(kind.height), within: size)
    unsafe context = cff_scaler(
      kind.format, kind.fullRange ? 1 : 0, kind.width, kind.height, AV_PIX_FMT_YUV420P.rawValue,
      Int32(area.x.count), Int32(area.y.count))
    guard unsafe context != nil else {
      throw FFmpegError("sws_init_context", CFF_INVALID, "\(kind.width)x\(kind.height) to \(size)")
    }
    self.kind = kind
  }
}

extension Canvas {
  /// Fills everything outside `area`.
  fileprivate func fillAround(_ area: Area, _ colour: Colour) {
    guard area != self.area else { return }
    fill(Area(x: 0..<width, y: 0..<area.y.lowerBound), colour)
    fill(Area(x: 0..<width, y: area.y.upperBound..<height), colour)
    fill(Area(x: 0..<area.x.lowerBound, y: area.y), colour)
    fill(Area(x: area.x.upperBound..<width, y: area.y), colour)
  }
}
