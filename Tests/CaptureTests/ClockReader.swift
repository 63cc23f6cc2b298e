// SPDX-License-Identifier: Apache-2.0

@testable import Capture

/// A reader of BC64, written from its definition, independently of the code that paints it.
enum ClockReader {
  /// The timestamp in a luma plane of any size, in milliseconds; nil if the strip is unreadable.
  static func read(width: Int, height: Int, luma: (Int, Int) -> UInt8) -> Int64? {
    var means: [Double] = []
    for row in 0..<2 {
      for column in 0..<32 {
        let y0 = Double(row * height) / 18
        let y1 = Double((row + 1) * height) / 18
        let x0 = Double(column * width) / 32
        let x1 = Double((column + 1) * width) / 32
        let top = Int(y0 + (y1 - y0) / 4)
        let left = Int(x0 + (x1 - x0) / 4)
        let bottom = max(top + 1, Int(y1 - (y1 - y0) / 4))
        let right = max(left + 1, Int(x1 - (x1 - x0) / 4))
        var sum = 0
        for y in top..<bottom { for x in left..<right { sum += Int(luma(x, y)) } }
        means.append(Double(sum) / Double((bottom - top) * (right - left)))
      }
    }
    let white = (means[0] + means[2]) / 2
    let black = (means[1] + means[3]) / 2
    guard white - black >= 40 else { return nil }
    let bits = means.map { $0 > (white + black) / 2 ? UInt64(1) : 0 }
    guard bits[0..<4] == [1, 0, 1, 0] else { return nil }
    let time = bits[4..<52].reduce(0) { $0 << 1 | $1 }
    let sum = bits[52..<64].reduce(0) { $0 << 1 | $1 }
    var crc: UInt64 = 0xFFF
    for bit in bits[4..<52] {
      let top = crc >> 11 & 1
      crc = crc << 1 & 0xFFF
      if top != bit { crc ^= 0x80F }
    }
    return crc == sum ? Int64(time) : nil
  }

  /// The timestamp burned into a frame, in milliseconds.
  static func read(_ frame: VideoFrame) -> Int64? {
    let canvas = Canvas(frame)
    return read(width: canvas.width, height: canvas.height) { canvas.colour(x: $0, y: $1).y }
  }
}
