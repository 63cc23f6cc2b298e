// SPDX-License-Identifier: Apache-2.0

internal import Checked

extension Rotation {
  /// The payload type of the display orientation.
  private static let displayOrientation = 47

  /// The rotation by the display orientation in a NAL unit of SEI; nil if the unit has none.
  ///
  /// An orientation that is cancelled is none. A single flip is ignored, both are a half turn.
  /// - Parameters:
  ///   - unit: the NAL unit, with its header.
  ///   - headerSize: the size of its header: 1 for H.264, 2 for HEVC.
  /// - Source: ITU-T H.264 §7.3.2.3.1, §D.1.26, §D.2.26; ITU-T H.265 §7.3.5, §D.2.17
  init?(sei unit: ArraySlice<UInt8>, headerSize: Int) {
    var bits = BitReader(unit: unit.dropFirst(headerSize))
    /// A number in bytes of 255, and the last one.
    func number() -> Int? {
      var sum = 0
      while let octet = bits.take(8) {
        // bounded: a sum over the bytes of a unit
        sum += octet
        if octet < 255 { return sum }
      }
      return nil
    }
    while let type = number(), let size = number() {
      guard type == Self.displayOrientation else {
        for _ in 0..<size where bits.take(8) == nil { return nil }
        continue
      }
      guard bits.flag() == false, let isMirrored = bits.flag(), let isFlipped = bits.flag(),
        let anticlockwise = bits.take(16)
      else { return nil }
      // bounded: 16 bits for a whole turn
      let quarters = (anticlockwise + 0x2000) >> 14
      let turns = (isMirrored && isFlipped ? 2 : 0) - quarters
      self = Rotation(rawValue: turns & 3) ?? .none
      return
    }
    return nil
  }
}
