// SPDX-License-Identifier: Apache-2.0

extension Rotation {
  /// A JPEG that is displayed with this rotation: the field Orientation of Exif follows the JFIF
  /// header.
  /// - Source: CIPA DC-008 (Exif 2.32) §4.5.4, §4.6.4
  func orient(_ jpeg: [UInt8]) -> [UInt8] {
    let orientation: UInt8
    switch self {
    case .none: return jpeg
    case .quarter: orientation = 6
    case .half: orientation = 3
    case .threeQuarters: orientation = 8
    }
    // SOI, then APP0 of 18 bytes.
    let head = 20
    guard jpeg.count > head, jpeg[2] == 0xFF, jpeg[3] == 0xE0, jpeg[4] == 0, jpeg[5] == 16 else {
      return jpeg
    }
    // A directory of one entry: tag 0x0112 of one SHORT; big endian.
    let fields: [UInt8] = [
      0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0,
      0, 0, 0, 0,
    ]
    let content = Array("Exif".utf8) + [0, 0] + fields
    // bounded: the content has 32 bytes
    let segment = [0xFF, 0xE1, 0, UInt8(content.count + 2)] + content
    return jpeg[..<head] + segment + jpeg[head...]
  }
}
