// SPDX-License-Identifier: Apache-2.0

/// The machine-readable clock BC64: 64 cells in the top ninth of a frame show its time in
/// milliseconds.
///
/// Four calibration cells 1, 0, 1, 0; 48 bits of Unix time in milliseconds; 12 bits of CRC over
/// these 48 bits. Each of two rows has 32 cells. Cell edges are whole-number divisions of the
/// frame, so that a scaled frame is still readable.
enum BurnedClock {
  static let columns = 32
  /// The frame's height divided by the height of a cell.
  ///
  /// The strip is two rows of cells.
  static let rows = 18

  /// CRC-12 of the lower 48 bits, most significant bit first.
  ///
  /// Polynomial 0x80F, initial value 0xFFF, no final XOR.
  static func checksum(_ milliseconds: UInt64) -> UInt64 {
    var crc: UInt64 = 0xFFF
    for bit in stride(from: 47, through: 0, by: -1) {
      let top = crc >> 11 & 1
      crc = crc << 1 & 0xFFF
      if top ^ (milliseconds >> UInt64(bit) & 1) != 0 { crc ^= 0x80F }
    }
    return crc
  }

  /// The 64 cells, the first in the most significant bit.
  static func cells(_ milliseconds: Int64) -> UInt64 {
    let time = UInt64(truncatingIfNeeded: milliseconds) & 0xFFFF_FFFF_FFFF
    return 0b1010 << 60 | time << 12 | checksum(time)
  }

  /// The rows of luma that the strip covers in a frame of `height` rows.
  static func strip(height: Int) -> Range<Int> { 0..<2 * height / rows }

  /// The smallest difference of white and black cells.
  private static let minimumContrast = 40.0

  /// The time in a plane of luma of any size, in milliseconds; nil if no clock is readable.
  ///
  /// A cell has the mean of its central half in both directions. It is a one if that is above the
  /// mean of the calibration cells, so that the range of the luma does not matter.
  static func read(width: Int, height: Int, luma: (_ x: Int, _ y: Int) -> UInt8) -> Int64? {
    guard width >= columns, height >= rows else { return nil }
    var means: [Double] = []
    means.reserveCapacity(2 * columns)
    for row in 0..<2 {
      let ys = centre(of: row, in: rows, height)
      for column in 0..<columns {
        let xs = centre(of: column, in: columns, width)
        var sum = 0
        for y in ys { for x in xs { sum += Int(luma(x, y)) } }
        means.append(Double(sum) / Double(xs.count * ys.count))
      }
    }
    let (white, black) = ((means[0] + means[2]) / 2, (means[1] + means[3]) / 2)
    guard white - black >= minimumContrast else { return nil }
    let threshold = (white + black) / 2
    let bits = means.reduce(UInt64(0)) { $0 << 1 | ($1 > threshold ? 1 : 0) }
    let time = bits >> 12 & 0xFFFF_FFFF_FFFF
    guard bits >> 60 == 0b1010, bits & 0xFFF == checksum(time) else { return nil }
    return Int64(clamping: time)
  }

  /// The central half of a cell, at least one pixel.
  private static func centre(of index: Int, in count: Int, _ length: Int) -> Range<Int> {
    let (start, end) = (
      Double(index * length) / Double(count), Double((index + 1) * length) / Double(count)
    )
    // bounded: within the frame
    let first = Int(start + (end - start) / 4)
    return first..<max(first + 1, Int(end - (end - start) / 4))
  }
}

extension Canvas {
  /// Paints the strip of cells and, below it, the timecode.
  func paintClock(_ milliseconds: Int64) {
    paintStrip(milliseconds)
    Timecode(width: width, height: height).paint(milliseconds, on: self)
  }

  private func paintStrip(_ milliseconds: Int64) {
    let cells = BurnedClock.cells(milliseconds)
    for row in 0..<2 {
      let y = row * height / BurnedClock.rows..<(row + 1) * height / BurnedClock.rows
      guard let first = y.first else { continue }
      for column in 0..<BurnedClock.columns {
        let bit = cells >> UInt64(63 - row * BurnedClock.columns - column) & 1
        let x =
          column * width / BurnedClock.columns..<(column + 1) * width / BurnedClock.columns
        fillLuma(Area(x: x, y: first..<first + 1), bit == 1 ? Colour.white.y : Colour.black.y)
      }
      repeatRow(first, to: y)
    }
    // The chroma row that the strip covers partly is neutral, too.
    neutraliseChroma(rows: height / BurnedClock.rows + 1)
  }
}
