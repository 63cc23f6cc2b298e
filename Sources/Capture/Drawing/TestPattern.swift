// SPDX-License-Identifier: Apache-2.0

package import Media

/// The test source's frames: colour bars, a grey ramp, a moving box, a flash each second, the
/// burned clock.
///
/// One per stream, used by its source thread. The static parts are drawn once and copied.
package final class TestPattern {
  private let pool: VideoFramePool
  private let background: VideoFrame
  private let layout: Layout

  /// A test pattern of `size`.
  /// - Throws: ``FFmpegError`` if no frame of this size is possible.
  package init(size: VideoSize) throws(FFmpegError) {
    let layout = Layout(width: size.width, height: size.height)
    let pool = try VideoFramePool(size: size)
    self.layout = layout
    self.pool = pool
    background = pool.frame { layout.paintBackground(on: $0) }
  }

  /// Draws one frame.
  ///
  /// - Parameters:
  ///   - index: the frame index; the position of the box depends on it.
  ///   - milliseconds: the frame time in milliseconds since 1970, rounded down. Burned clock,
  ///     timecode and flash derive from it; the flash is white in the first 100 ms of each second.
  /// - Returns: the finished frame.
  package func draw(frame index: Int64, milliseconds: Int64) -> VideoFrame {
    pool.frame(burnedMilliseconds: milliseconds) { canvas in
      canvas.copy(from: Canvas(background))
      canvas.fill(layout.box(at: index), Colour(210, 44, 136))
      if Self.flashes(at: milliseconds) { canvas.fill(layout.flash, .white) }
      canvas.paintClock(milliseconds)
    }
  }

  /// Whether the frame time is in the first 100 ms of a second; rounding to milliseconds does not
  /// change the result.
  static func flashes(at milliseconds: Int64) -> Bool {
    (milliseconds % 1000 + 1000) % 1000 < 100
  }
}

extension TestPattern {
  /// The areas of the test pattern.
  ///
  /// The lowest 15 % stay free, since players draw their controls there.
  struct Layout {
    let bars, ramp, lane, flash: Area
    private let width, height: Int

    /// The layout of frames of this size.
    init(width: Int, height: Int) {
      func row(_ percent: Int) -> Int { height * percent / 100 & ~1 }
      self.width = width
      self.height = height
      let timecode = Timecode(width: width, height: height).box
      let top = min(max(height * 2 / 9 & ~1, timecode.y.upperBound + 2), row(60))
      bars = Area(x: 0..<width, y: top..<row(60))
      ramp = Area(x: 0..<width, y: row(60)..<row(70))
      lane = Area(x: 0..<width, y: row(73)..<row(85))
      flash = Area(
        x: (width * 7 / 16 & ~1)..<(width * 9 / 16 & ~1),
        y: min(max(top, row(35)), row(53))..<row(53))
    }

    /// The moving box: each frame moves it by 8 pixels to the right; past the edge it continues at
    /// the left.
    func box(at index: Int64) -> Area {
      let side = lane.y.count
      let way = Int64(width + side & ~1)
      let x = Int((index % way * 8 % way + way) % way) - side
      return Area(x: x..<x + side, y: lane.y)
    }

    /// Paints the static parts; the flash's rectangle is black here.
    func paintBackground(on canvas: Canvas) {
      canvas.fill(canvas.area, Colour(40))
      for (index, colour) in Self.colours.enumerated() {
        let x = width * index / 8 & ~1..<width * (index + 1) / 8 & ~1
        canvas.fill(Area(x: x, y: bars.y), colour)
      }
      canvas.paintRows(ramp.y) { x in UInt8(16 + 219 * x / (width - 1)) }
      canvas.fill(flash, .black)
    }

    /// White, yellow, cyan, green, magenta, red, blue, black at 75 %, BT.709.
    private static let colours = [
      Colour(180), Colour(168, 44, 136), Colour(145, 147, 44), Colour(133, 63, 52),
      Colour(63, 193, 204), Colour(51, 109, 212), Colour(28, 212, 120), Colour(16),
    ]
  }
}
