// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Capture

@Suite("The rotation of a still, CIPA DC-008 §4.6.4")
struct ExifTests {
  /// SOI, a JFIF header of 18 bytes, and a marker.
  private static let jpeg: [UInt8] =
    [0xFF, 0xD8, 0xFF, 0xE0, 0, 16] + Array("JFIF".utf8) + [0, 1, 1, 0, 0, 1, 0, 1, 0, 0]
    + [0xFF, 0xDB]

  @Test("Orientation follows the JFIF header; other bytes stay")
  func orientation() {
    #expect(Rotation.none.orient(Self.jpeg) == Self.jpeg)
    let rows: [(Rotation, UInt8)] = [(.quarter, 6), (.half, 3), (.threeQuarters, 8)]
    for (rotation, value) in rows {
      let turned = rotation.orient(Self.jpeg)
      #expect(turned.count == Self.jpeg.count + 36)
      #expect(turned[..<20] == Self.jpeg[..<20] && turned.suffix(2) == [0xFF, 0xDB])
      #expect(Array(turned[20..<24]) == [0xFF, 0xE1, 0, 34])
      #expect(turned[24..<28].elementsEqual("Exif".utf8))
      // TIFF header of 8 bytes, one entry, tag 0x0112, SHORT, one value.
      #expect(Array(turned[38..<50]) == [0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, value])
    }
    #expect(Rotation.half.orient([1, 2, 3]) == [1, 2, 3])
  }
}
