// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
import Glibc
internal import Media

/// The colour of a pixel in limited range: luma 16…235, chroma 16…240 around 128.
struct Colour: Sendable, Hashable {
  let y, u, v: UInt8

  init(_ y: UInt8, _ u: UInt8 = 128, _ v: UInt8 = 128) {
    self.y = y
    self.u = u
    self.v = v
  }

  static let white = Colour(235)
  static let black = Colour(16)
}

/// A rectangle of pixels: columns `x` and rows `y`.
struct Area: Sendable, Hashable {
  var x: Range<Int>
  var y: Range<Int>
}

/// The planes of a frame that is being painted.
///
/// All painting is clipped to the frame.
///
/// The canvas retains the frame, so the planes exist as long as the canvas.
@safe
struct Canvas {
  let width, height: Int
  private let frame: VideoFrame
  private let luma, blue, red: UnsafeMutablePointer<UInt8>
  private let lumaStride, chromaStride: Int

  /// The planes of `frame`.
  init(_ frame: VideoFrame) {
    self.frame = frame
    width = frame.size.width
    height = frame.size.height
    let avFrame = unsafe frame.avFrame
    unsafe luma = cff_plane(avFrame, 0)
    unsafe blue = cff_plane(avFrame, 1)
    unsafe red = cff_plane(avFrame, 2)
    lumaStride = Int(unsafe cff_stride(avFrame, 0))
    chromaStride = Int(unsafe cff_stride(avFrame, 1))
  }

  /// The AVFrame of the canvas, for libswscale.
  @unsafe var avFrame: UnsafeMutablePointer<AVFrame> { unsafe frame.avFrame }

  /// Calls `body` with the two luma rows, the blue row and the red row of chroma row `index`.
  @unsafe
  func withRows(
    ofChroma index: Int,
    _ body: (
      _ upper: UnsafeMutablePointer<UInt8>, _ lower: UnsafeMutablePointer<UInt8>,
      _ blue: UnsafeMutablePointer<UInt8>, _ red: UnsafeMutablePointer<UInt8>
    ) -> Void
  ) {
    guard index >= 0, index < height / 2 else { return }
    let upper = unsafe luma + 2 * index * lumaStride
    unsafe body(
      upper, upper + lumaStride, blue + index * chromaStride, red + index * chromaStride)
  }

  /// The area of the whole canvas.
  var area: Area { Area(x: 0..<width, y: 0..<height) }

  /// Copies all planes of a canvas of the same size.
  func copy(from other: Canvas) {
    precondition(other.width == width && other.height == height, "pictures of two sizes")
    unsafe memcpy(luma, other.luma, lumaStride * height)
    unsafe memcpy(blue, other.blue, chromaStride * height / 2)
    unsafe memcpy(red, other.red, chromaStride * height / 2)
  }

  /// Copies to each pixel, and to each 2×2 block of chroma, a value of `other`.
  ///
  /// `place` returns the column and row in `other` for a column and row of this canvas, and takes
  /// the width and height of the plane.
  func fill(
    from other: Canvas, _ place: (_ x: Int, _ y: Int, _ width: Int, _ height: Int) -> (Int, Int)
  ) {
    func plane(
      _ to: UnsafeMutablePointer<UInt8>, _ from: UnsafeMutablePointer<UInt8>, _ stride: Int,
      _ otherStride: Int, _ scale: Int
    ) {
      let (width, height) = (width / scale, height / scale)
      for y in 0..<height {
        for x in 0..<width {
          let (column, row) = place(x, y, width, height)
          unsafe to[y * stride + x] = from[row * otherStride + column]
        }
      }
    }
    unsafe plane(luma, other.luma, lumaStride, other.lumaStride, 1)
    unsafe plane(blue, other.blue, chromaStride, other.chromaStride, 2)
    unsafe plane(red, other.red, chromaStride, other.chromaStride, 2)
  }

  /// Fills luma only.
  func fillLuma(_ area: Area, _ value: UInt8) {
    let x = area.x.clamped(to: 0..<width)
    guard !x.isEmpty else { return }
    for row in area.y.clamped(to: 0..<height) {
      unsafe memset(luma + row * lumaStride + x.lowerBound, Int32(value), x.count)
    }
  }

  /// Fills each pixel of the area, and the chroma of each 2×2 block that the area touches.
  func fill(_ area: Area, _ colour: Colour) {
    fillLuma(area, colour.y)
    let x = area.x.clamped(to: 0..<width)
    guard !x.isEmpty else { return }
    let columns = x.lowerBound / 2..<(x.upperBound + 1) / 2
    let y = area.y.clamped(to: 0..<height)
    guard !y.isEmpty else { return }
    for row in y.lowerBound / 2..<(y.upperBound + 1) / 2 {
      let offset = row * chromaStride + columns.lowerBound
      unsafe memset(blue + offset, Int32(colour.u), columns.count)
      unsafe memset(red + offset, Int32(colour.v), columns.count)
    }
  }

  /// Mixes `value` into luma by a coverage of 0 to 255 per pixel, in rows of `columns` pixels.
  func mixLuma(_ coverage: [UInt8], columns: Int, x: Int, y: Int, _ value: UInt8) {
    guard columns > 0 else { return }
    for row in 0..<coverage.count / columns where (0..<height).contains(y + row) {
      let target = unsafe luma + (y + row) * lumaStride
      for column in 0..<columns where (0..<width).contains(x + column) {
        let share = Int(coverage[row * columns + column])
        let before = Int(unsafe target[x + column])
        let mixed = (before * (255 - share) + Int(value) * share + 127) / 255
        unsafe target[x + column] = UInt8(truncatingIfNeeded: mixed)
      }
    }
  }

  /// Sets chroma to 128 in the rows of the chroma planes above row `rows`.
  func neutraliseChroma(rows: Int) {
    let count = min(rows, height / 2) * chromaStride
    unsafe memset(blue, 128, count)
    unsafe memset(red, 128, count)
  }

  /// Paints one row of luma with `value` of each column, and copies it to the other rows of `rows`.
  func paintRows(_ rows: Range<Int>, _ value: (Int) -> UInt8) {
    let rows = rows.clamped(to: 0..<height)
    guard let first = rows.first else { return }
    let source = unsafe luma + first * lumaStride
    for x in 0..<width { unsafe source[x] = value(x) }
    repeatRow(first, to: rows)
  }

  /// Copies one row of luma to all of `rows`.
  func repeatRow(_ first: Int, to rows: Range<Int>) {
    for row in rows where row != first {
      unsafe memcpy(luma + row * lumaStride, luma + first * lumaStride, width)
    }
  }

  /// A plane of a frame.
  enum Plane { case luma, blue, red }

  /// Fills a row of a plane with consecutive values of a ring of at least the row's length.
  @unsafe
  func copyRing(
    _ ring: UnsafeBufferPointer<UInt8>, from offset: Int, to plane: Plane, row: Int
  ) {
    let (count, rows) = plane == .luma ? (width, height) : (width / 2, height / 2)
    precondition(
      (0..<ring.count).contains(offset) && ring.count >= count && (0..<rows).contains(row),
      "a ring that does not cover the row")
    guard let start = ring.baseAddress else { return }
    let target =
      switch plane {
      case .luma: unsafe luma + row * lumaStride
      case .blue: unsafe blue + row * chromaStride
      case .red: unsafe red + row * chromaStride
      }
    let first = min(count, ring.count - offset)
    unsafe memcpy(target, start + offset, first)
    unsafe memcpy(target + first, start, count - first)
  }

  /// Luma and chroma of a pixel, for tests.
  func colour(x: Int, y: Int) -> Colour {
    precondition((0..<width).contains(x) && (0..<height).contains(y), "outside the picture")
    let chroma = y / 2 * chromaStride + x / 2
    return unsafe Colour(luma[y * lumaStride + x], blue[chroma], red[chroma])
  }
}
