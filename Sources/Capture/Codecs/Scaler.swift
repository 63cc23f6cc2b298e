// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
internal import Media

/// Where a picture lies inside one of another shape: as large as it fits, in the middle, never stretched.
enum Letterbox {
  /// The area of a `width`×`height` picture within `size`; even on all sides.
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

/// Makes pictures of one size from frames of any size and pixel format; one thread's own.
@safe
final class Scaler {
  /// What a context was made for.
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

  /// A picture of the scaler's size with all of `frame` in it, and black where it has another shape.
  ///
  /// `fullRange` says that luma goes from 0 to 255, as in JPEG; `aspect` is the shape of its pixels; `paint` may paint
  /// over it before anybody has it.
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
      // Afterwards, since vector stores may go beyond the scaled picture's right edge.
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
