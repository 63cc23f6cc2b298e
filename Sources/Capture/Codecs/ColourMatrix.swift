// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg

/// The matrix that derived luma and chroma of a frame from red, green and blue.
enum ColourMatrix: Sendable {
  /// JPEG and most cameras.
  case bt601
  /// Published frames.
  case bt709
}

extension Canvas {
  /// Converts `area` from the BT.601 to the BT.709 matrix, in place; limited range, even sides.
  ///
  /// The factors, in 16.16 fixed point, are the product of the BT.709 matrix and the inverse of the
  /// BT.601 matrix. libswscale converts by way of RGB, which takes several times as long.
  func convertFromBT601(_ area: Area) {
    let columns = area.x.lowerBound / 2..<area.x.upperBound / 2
    for row in area.y.lowerBound / 2..<area.y.upperBound / 2 {
      unsafe withRows(ofChroma: row) { upper, lower, blue, red in
        for column in columns {
          let cb = Int32(unsafe blue[column]) &- 128
          let cr = Int32(unsafe red[column]) &- 128
          let shift = -7573 &* cb &- 13627 &* cr
          unsafe blue[column] = Self.byte(128 << 16 &+ 66758 &* cb &+ 7512 &* cr)
          unsafe red[column] = Self.byte(128 << 16 &+ 4918 &* cb &+ 67196 &* cr)
          let left = 2 &* column
          let right = left &+ 1
          unsafe upper[left] = Self.byte(Int32(upper[left]) << 16 &+ shift)
          unsafe upper[right] = Self.byte(Int32(upper[right]) << 16 &+ shift)
          unsafe lower[left] = Self.byte(Int32(lower[left]) << 16 &+ shift)
          unsafe lower[right] = Self.byte(Int32(lower[right]) << 16 &+ shift)
        }
      }
    }
  }

  /// A value in 16.16 fixed point as a byte: rounded, and clamped to 0…255.
  @inline(__always)
  private static func byte(_ value: Int32) -> UInt8 {
    UInt8(truncatingIfNeeded: max(0, min(255, (value &+ 32768) >> 16)))
  }
}
