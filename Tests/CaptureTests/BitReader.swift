@testable import Capture

/// Reads bits and Exp-Golomb numbers of a NAL unit, H.264 §7.2 and §9.1.
struct BitReader {
  private let bytes: [UInt8]
  private var place = 0

  /// Reads a unit behind its header byte, without emulation prevention bytes.
  init(unit: [UInt8]) {
    var bytes: [UInt8] = []
    var zeros = 0
    for byte in unit.dropFirst() {
      if zeros >= 2, byte == 3 {
        zeros = 0
        continue
      }
      zeros = byte == 0 ? zeros + 1 : 0
      bytes.append(byte)
    }
    self.bytes = bytes
  }

  mutating func bits(_ count: Int) -> Int {
    var value = 0
    for _ in 0..<count {
      let bit = place / 8 < bytes.count ? Int(bytes[place / 8] >> (7 - place % 8) & 1) : 0
      value = value << 1 | bit
      place += 1
    }
    return value
  }

  mutating func number() -> Int {
    var zeros = 0
    while zeros < 32, bits(1) == 0 { zeros += 1 }
    return (1 << zeros) - 1 + bits(zeros)
  }
}

/// What the tests need of slice headers, H.264 §7.3.3.
struct SliceHeader {
  let type: Int
  let idrPictureID: Int?

  init(slice: [UInt8], sps: [UInt8]) {
    var parameters = BitReader(unit: sps)
    let profile = parameters.bits(8)
    _ = parameters.bits(16)
    _ = parameters.number()
    if [100, 110, 122, 244].contains(profile) {
      for _ in 0..<3 { _ = parameters.number() }
      precondition(parameters.bits(1) == 0 && parameters.bits(1) == 0, "a scaling matrix")
    }
    let frameNumberBits = parameters.number() + 4
    var reader = BitReader(unit: slice)
    _ = reader.number()
    type = reader.number() % 5
    _ = reader.number()
    _ = reader.bits(frameNumberBits)
    idrPictureID = NALUnits.type(slice[0]) == NALUnits.idr ? reader.number() : nil
  }
}
