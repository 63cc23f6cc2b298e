// SPDX-License-Identifier: Apache-2.0

/// The river of the test pattern: glittering water in perspective, seen from a vehicle that moves
/// to the right.
///
/// Nearer rows move faster. Motion compensation of blocks cannot follow rows of different speeds,
/// so an encoder needs its whole bitrate. Each row is computed once, as a ring of pixels; a frame
/// copies a piece of each ring. All arithmetic is in integers: a frame index gives the same pixels
/// on every machine.
struct River {
  /// The rows of the frame that the river covers, over the whole width; both bounds are even.
  let rows: Range<Int>
  private let rings: [Ring]
  private let luma, blue, red: [UInt8]

  /// A row of pixels without ends, of even length, at least as long as the frame is wide.
  private struct Ring {
    /// Where its luma begins in `luma`.
    let start: Int
    let length: Int
    /// Pixels per unit of water, in 16.16 fixed point.
    let scale: Int
  }

  /// Units of water after which the river repeats.
  private static let period = 512
  /// Frames in which the vehicle passes one period.
  private static let framesPerPeriod: Int64 = 320
  /// Units of water from the viewer to the farthest row; the nearest row is at a third of it.
  private static let depth = 300

  /// Computes the river of frames of this width.
  init(width: Int, rows: Range<Int>) {
    self.rows = rows
    var rings: [Ring] = []
    var luma: [UInt8] = []
    var blue: [UInt8] = []
    var red: [UInt8] = []
    let farthest = (width + 64) << 16 / Self.period
    for row in 0..<rows.count {
      let scale = farthest + farthest * 2 * row / rows.count
      let length = ((scale * Self.period) >> 16) & ~1
      let ring = Ring(start: luma.count, length: length, scale: scale)
      let texture = Texture(
        period: Self.period, depth: (Self.depth << 8) * farthest / scale, scale: scale)
      // Chroma has every second row.
      texture.append(
        length: length, luma: &luma, blue: &blue, red: &red, withChroma: row % 2 == 0)
      rings.append(ring)
    }
    self.rings = rings
    self.luma = luma
    self.blue = blue
    self.red = red
  }

  /// Paints the river of a frame index.
  func paint(frame index: Int64, on canvas: Canvas) {
    let cycle = Self.framesPerPeriod
    let phase = Int((index % cycle + cycle) % cycle)
    let way = phase * (Self.period << 16) / Int(cycle)
    unsafe luma.withUnsafeBufferPointer { luma in
      for (row, ring) in zip(rows, rings) {
        unsafe canvas.copyRing(
          .init(rebasing: luma[ring.start..<ring.start + ring.length]),
          from: Self.offset(ring, way), to: .luma, row: row)
      }
    }
    for (values, plane) in [(blue, Canvas.Plane.blue), (red, .red)] {
      unsafe values.withUnsafeBufferPointer { values in
        var start = 0
        for (row, ring) in zip(rows, rings) where row % 2 == 0 {
          unsafe canvas.copyRing(
            .init(rebasing: values[start..<start + ring.length / 2]),
            from: Self.offset(ring, way) / 2, to: plane, row: row / 2)
          start += ring.length / 2
        }
      }
    }
  }

  /// The pixel of a ring at the left edge of the frame.
  ///
  /// It is even, so that luma and chroma move together.
  private static func offset(_ ring: Ring, _ way: Int) -> Int {
    ((way * ring.scale) >> 32) % ring.length & ~1
  }
}

/// One row of water at one depth: smooth noise of several sizes, from the swell to sparkles.
///
/// Details of each size keep every rendition of a ladder busy: scaling removes the small ones.
private struct Texture {
  /// Noise of one size along the row.
  private struct Octave {
    /// The shift from units of water to cells; negative if a unit has several cells.
    let shift: Int
    /// The value of each cell: −128…127.
    let cells: [Int]

    /// The value at `position` in 1/256 units: −128…127.
    func value(_ position: Int) -> Int {
      // A shift by a negative number is one in the other direction.
      let place = position >> shift
      let cell = (place >> 8) % cells.count
      let next = cell + 1 == cells.count ? 0 : cell + 1
      return cells[cell] + (cells[next] - cells[cell]) * (place & 255) / 256
    }
  }

  /// Pixels per unit of water, in 16.16 fixed point.
  private let scale: Int
  private let swell, wave, ripple, sparkle: Octave
  /// Sizes below one unit, as far as they cover most of a pixel.
  private let fine: [Octave]

  /// The row at `depth`, in 1/256 units of water.
  init(period: Int, depth: Int, scale: Int) {
    func octave(_ shift: Int) -> Octave {
      let (count, y) = (period >> shift, depth >> shift)
      let (row, fraction) = (y >> 8, y & 255)
      let cells = (0..<count).map { cell in
        let upper = Self.noise(cell, row, shift)
        return upper + (Self.noise(cell, row + 1, shift) - upper) * fraction / 256
      }
      return Octave(shift: shift, cells: cells)
    }
    self.scale = scale
    swell = octave(4)
    wave = octave(2)
    ripple = octave(1)
    sparkle = octave(0)
    fine = [-1, -2, -3].filter { scale >= 3 << (14 - $0) }.map(octave)
  }

  /// Appends `length` pixels of luma and, if `withChroma`, half as many of chroma.
  func append(
    length: Int, luma: inout [UInt8], blue: inout [UInt8], red: inout [UInt8], withChroma: Bool
  ) {
    for x in 0..<length {
      let position = (x << 24) / scale
      let swell = swell.value(position)
      let wave = wave.value(position)
      let sparkle = sparkle.value(position)
      // The factors are contrasts in 1/256.
      var sum = swell * 115 + wave * 164 + ripple.value(position) * 180 + sparkle * 200
      for octave in fine { sum += octave.value(position) * 200 }
      luma.append(UInt8(clamping: max(24, min(225, 100 + (sum >> 8)))))
      guard withChroma, x % 2 == 0 else { continue }
      // Water between blue and blue-green; the sun glitters where sparkles are brightest.
      let glitters = sparkle > 76 && wave > 0
      blue.append(UInt8(clamping: glitters ? 124 : 142 + swell / 10))
      red.append(UInt8(clamping: glitters ? 134 : 112 + swell / 16))
    }
  }

  /// A repeatable value for a cell: −128…127.
  private static func noise(_ x: Int, _ y: Int, _ seed: Int) -> Int {
    var bits =
      UInt32(truncatingIfNeeded: x) &* 0x9E37_79B1 ^ UInt32(truncatingIfNeeded: y) &* 0x85EB_CA77
      ^ UInt32(truncatingIfNeeded: seed) &* 0xC2B2_AE3D
    bits ^= bits >> 15
    bits = bits &* 0x2C1B_3C6D
    bits ^= bits >> 12
    bits = bits &* 0x297A_2D39
    bits ^= bits >> 15
    return Int(bits & 255) - 128
  }
}
