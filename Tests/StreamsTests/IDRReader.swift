// SPDX-License-Identifier: Apache-2.0

import TestSupport

/// `idr_pic_id` of IDRs in chunks.
/// - Source: ITU-T H.264 §7.3.3, §7.3.2.1.1
struct IDRReader {
  private let frameNumberBits: Int

  /// Takes the SPS out of the `avcC` box of a CMAF header.
  init?(header: [UInt8]) {
    let mark = Array("avcC".utf8)
    guard let place = header.indices.first(where: { header[$0...].starts(with: mark) }) else {
      return nil
    }
    let length = Int(header[place + 10]) << 8 | Int(header[place + 11])
    let start = place + 12
    var reader = BitReader(unit: header[start..<start + length])
    let profile = reader.bits(8)
    _ = reader.bits(16)
    _ = reader.number()
    if [100, 110, 122, 244].contains(profile) {
      for _ in 0..<3 { _ = reader.number() }
      // No bypass, no scaling matrix.
      guard reader.bits(1) == 0, reader.bits(1) == 0 else { return nil }
    }
    frameNumberBits = reader.number() + 4
  }

  /// `idr_pic_id` of the first slice in `mdat`, after parameter sets; nil if it belongs to no IDR.
  func identifier(ofChunk bytes: [UInt8]) -> Int? {
    let mark = Array("mdat".utf8)
    guard let place = bytes.indices.first(where: { bytes[$0...].starts(with: mark) }) else {
      return nil
    }
    var unit = bytes[(place + 8)...]
    while let first = unit.first, first & 0x1F > 5 {
      let length = bytes[unit.startIndex - 4..<unit.startIndex].reduce(0) { $0 << 8 | Int($1) }
      unit = unit.dropFirst(length + 4)
    }
    guard let first = unit.first, first & 0x1F == 5 else { return nil }
    var reader = BitReader(unit: unit.prefix(32))
    for _ in 0..<3 { _ = reader.number() }
    _ = reader.bits(frameNumberBits)
    return reader.number()
  }
}
