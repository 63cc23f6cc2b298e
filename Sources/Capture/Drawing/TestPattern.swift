// SPDX-License-Identifier: Apache-2.0

package import Media

/// The test source's frames: colour bars, a grey ramp, a landscape with a moving box, a flash each
/// second, the burned clock.
///
/// One per stream, used by its source thread. The static parts are drawn once and copied. The
/// river of the landscape has enough moving detail that an encoder produces its whole bitrate.
package final class TestPattern {
  private let pool: VideoFramePool
  private let background: VideoFrame
  private let layout: Layout
  private let river: River

  /// A test pattern of `size`.
  /// - Throws: ``FFmpegError`` if no frame of this size is possible.
  package init(size: VideoSize) throws(FFmpegError) {
    let layout = Layout(width: size.width, height: size.height)
    let pool = try VideoFramePool(size: size)
    self.layout = layout
    self.pool = pool
    river = River(width: size.width, rows: layout.river.y)
    background = pool.frame { layout.paintBackground(on: $0) }
  }

  /// Draws one frame.
  ///
  /// - Parameters:
  ///   - index: the frame index; the positions of box and river depend on it.
  ///   - milliseconds: the frame time in milliseconds since 1970, rounded down. Burned clock,
  ///     timecode and flash derive from it; the flash is white in the first 100 ms of each second.
  /// - Returns: the finished frame.
  package func draw(frame index: Int64, milliseconds: Int64) -> VideoFrame {
    pool.frame(burnedMilliseconds: milliseconds) { canvas in
      canvas.copy(from: Canvas(background))
      canvas.fill(layout.box(at: index), Colour(210, 44, 136))
      river.paint(frame: index, on: canvas)
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
  /// The lowest 15 % stand still, since players draw their controls there.
  struct Layout {
    let bars, ramp, sky, lane, river, foreground, flash: Area
    private let width, height: Int

    /// The layout of frames of this size.
    init(width: Int, height: Int) {
      func row(_ percent: Int) -> Int { height * percent / 100 & ~1 }
      self.width = width
      self.height = height
      let timecode = Timecode(width: width, height: height).box
      func band(_ from: Int, _ to: Int) -> Area { Area(x: 0..<width, y: row(from)..<row(to)) }
      let top = min(max(height * 2 / 9 & ~1, timecode.y.upperBound + 2), row(55))
      bars = Area(x: 0..<width, y: top..<row(55))
      ramp = band(55, 60)
      lane = band(62, 73)
      // The river covers whole macroblocks if the frame is not too low: an encoder then works on no
      // more of them than it must.
      var shore = row(85) & ~15
      var bank = shore - max(16, (height * 5 / 100 + 8) & ~15)
      if bank < row(75) { (bank, shore) = (row(79), row(85)) }
      sky = Area(x: 0..<width, y: row(60)..<bank)
      river = Area(x: 0..<width, y: bank..<shore)
      foreground = Area(x: 0..<width, y: shore..<height)
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
      // Steps of a macroblock are coded without an error that later frames would correct.
      canvas.paintRows(ramp.y) { x in UInt8(16 + 219 * (x & ~15) / (width - 1)) }
      paintGradient(sky, from: Colour(90, 148, 112), to: Colour(188, 122, 136), on: canvas)
      paintHills(height: 6, Colour(132, 136, 122), seed: 1, on: canvas)
      paintHills(height: 3, Colour(92, 122, 120), seed: 2, on: canvas)
      paintGradient(foreground, from: Colour(58, 118, 120), to: Colour(30, 126, 127), on: canvas)
      paintBank(height: 5, on: canvas)
      canvas.fill(flash, .black)
    }

    /// Fills rows with colours between two, in steps of a macroblock.
    private func paintGradient(
      _ area: Area, from: Colour, to: Colour, on canvas: Canvas
    ) {
      func between(_ a: UInt8, _ b: UInt8, _ row: Int) -> UInt8 {
        UInt8(clamping: Int(a) + (Int(b) - Int(a)) * row / max(1, area.y.count))
      }
      for y in area.y {
        let row = max(0, (y & ~15) - area.y.lowerBound)
        let colour = Colour(
          between(from.y, to.y, row), between(from.u, to.u, row), between(from.v, to.v, row))
        canvas.fill(Area(x: area.x, y: y..<y + 1), colour)
      }
    }

    /// Paints a range of hills on the horizon, at most `height` percent of the frame high.
    private func paintHills(height percent: Int, _ colour: Colour, seed: Int, on canvas: Canvas) {
      let highest = height * percent / 100
      let peaks = [40, 75, 30, 95, 60, 100, 45, 80, 25, 65, 90, 50, 35, 70]
      for x in stride(from: 0, to: width, by: 2) {
        // Seven slopes across the frame, each between two peaks.
        let place = x * 7 * 256 / width
        let first = peaks[(place >> 8) * 2 % peaks.count + seed - 1]
        let second = peaks[((place >> 8) * 2 + 2) % peaks.count + seed - 1]
        // Rounded peaks and valleys: 3t² − 2t³.
        let t = place & 255
        let eased = (t * t * (768 - 2 * t)) >> 16
        let top = sky.y.upperBound - highest * (first * 256 + (second - first) * eased) / 25600
        canvas.fill(Area(x: x..<x + 2, y: top & ~1..<sky.y.upperBound), colour)
      }
    }

    /// Paints the grass of the near bank, at most `height` percent of the frame high.
    ///
    /// Its detail stands still. Below flat rows an encoder would take over the motion of the river,
    /// and code each macroblock of the foreground again in each frame.
    private func paintBank(height percent: Int, on canvas: Canvas) {
      let highest = height * percent / 100
      let top = foreground.y.lowerBound
      for x in stride(from: 0, to: width, by: 2) {
        let blade = (x / 2 * 73 + x / 10 * 41 + x / 62 * 29) % 64
        let end = min(top + highest * (128 + blade * 2) / 256, foreground.y.upperBound)
        let colour = Colour(UInt8(46 + blade * 3 / 4), 112, 118)
        canvas.fill(Area(x: x..<x + 2, y: top..<end & ~1), colour)
      }
    }

    /// White, yellow, cyan, green, magenta, red, blue, black at 75 %, BT.709.
    private static let colours = [
      Colour(180), Colour(168, 44, 136), Colour(145, 147, 44), Colour(133, 63, 52),
      Colour(63, 193, 204), Colour(51, 109, 212), Colour(28, 212, 120), Colour(16),
    ]
  }
}
