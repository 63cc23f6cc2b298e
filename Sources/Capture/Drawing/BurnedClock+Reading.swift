// SPDX-License-Identifier: Apache-2.0

extension BurnedClock {
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
