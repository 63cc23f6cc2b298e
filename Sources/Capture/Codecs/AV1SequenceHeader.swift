// SPDX-License-Identifier: Apache-2.0

internal import Checked

/// The fields of a sequence header of AV1 that its configuration record repeats.
///
/// Accepts any bytes.
/// - Source: AV1 Bitstream & Decoding Process Specification §5.5
struct AV1SequenceHeader {
  /// seq_profile, and seq_level_idx and seq_tier of the first operating point.
  private(set) var profile = 0, level = 0, tier = 0
  /// high_bitdepth, twelve_bit and mono_chrome.
  private(set) var isDeep = 0, hasTwelveBits = 0, isMonochrome = 0
  /// subsampling_x, subsampling_y and chroma_sample_position.
  private(set) var isHalfWide = 1, isHalfHigh = 1, position = 0

  /// Reads the content of an OBU; nil if it ends too early, or has a reserved profile.
  init?(_ content: [UInt8]) {
    var bits = BitReader(content)
    guard let profile = bits.take(3), profile <= 2, bits.take(1) != nil,
      let isReduced = bits.flag()
    else { return nil }
    self.profile = profile
    guard isReduced ? readLevel(&bits) : readOperatingPoints(&bits),
      Self.skipSize(&bits, isReduced), Self.skipTools(&bits, isReduced), readColours(&bits)
    else { return nil }
  }

  /// Reads the level of a still picture, whose tier is 0.
  private mutating func readLevel(_ bits: inout BitReader) -> Bool {
    guard let level = bits.take(5) else { return false }
    self.level = level
    return true
  }

  /// Reads level and tier of the first operating point, and skips the others (§5.5.1).
  private mutating func readOperatingPoints(_ bits: inout BitReader) -> Bool {
    // The bits of a delay in the decoder model; nil if there is no model.
    var delayBits: Int?
    guard let hasTiming = bits.flag() else { return false }
    if hasTiming {
      guard bits.take(32) != nil, bits.take(32) != nil, let isEqual = bits.flag() else {
        return false
      }
      if isEqual { guard bits.exponential() != nil else { return false } }
      guard let hasModel = bits.flag() else { return false }
      if hasModel {
        guard let length = bits.take(5), bits.take(32) != nil, bits.take(10) != nil else {
          return false
        }
        delayBits = length + 1
      }
    }
    guard let hasDelay = bits.flag(), let last = bits.take(5) else { return false }
    for index in 0...last {
      guard bits.take(12) != nil, let level = bits.take(5),
        let tier = level > 7 ? bits.take(1) : 0
      else { return false }
      if index == 0 { (self.level, self.tier) = (level, tier) }
      if let delayBits {
        guard let isPresent = bits.flag() else { return false }
        if isPresent {
          guard bits.take(delayBits) != nil, bits.take(delayBits) != nil, bits.flag() != nil else {
            return false
          }
        }
      }
      if hasDelay {
        guard let isPresent = bits.flag() else { return false }
        if isPresent { guard bits.take(4) != nil else { return false } }
      }
    }
    return true
  }

  /// Skips the frame size and the numbers of frames.
  private static func skipSize(_ bits: inout BitReader, _ isReduced: Bool) -> Bool {
    guard let width = bits.take(4), let height = bits.take(4), bits.take(width + 1) != nil,
      bits.take(height + 1) != nil
    else { return false }
    guard !isReduced else { return true }
    guard let hasNumbers = bits.flag() else { return false }
    return !hasNumbers || bits.take(7) != nil
  }

  /// Skips the tools of coding.
  private static func skipTools(_ bits: inout BitReader, _ isReduced: Bool) -> Bool {
    guard bits.take(3) != nil else { return false }
    if !isReduced {
      guard bits.take(4) != nil, let hasOrder = bits.flag(), !hasOrder || bits.take(2) != nil,
        let choosesScreen = bits.flag()
      else { return false }
      // The value that leaves the choice to the frames is 2.
      guard let screen = choosesScreen ? 2 : bits.take(1) else { return false }
      if screen > 0 {
        guard let choosesMotion = bits.flag(), choosesMotion || bits.take(1) != nil else {
          return false
        }
      }
      if hasOrder { guard bits.take(3) != nil else { return false } }
    }
    return bits.take(3) != nil
  }

  /// Reads the form of the samples (§5.5.2).
  private mutating func readColours(_ bits: inout BitReader) -> Bool {
    guard let isDeep = bits.take(1), let twelve = profile == 2 && isDeep == 1 ? bits.take(1) : 0,
      let mono = profile == 1 ? 0 : bits.take(1), let isDescribed = bits.flag()
    else { return false }
    (self.isDeep, hasTwelveBits, isMonochrome) = (isDeep, twelve, mono)
    var codes: [Int] = []
    if isDescribed {
      for _ in 0..<3 {
        guard let code = bits.take(8) else { return false }
        codes.append(code)
      }
    }
    // The range.
    guard mono == 0 else { return bits.take(1) != nil }
    // sRGB: BT.709 primaries, its own transfer characteristics, the identity matrix.
    if codes == [1, 13, 0] {
      (isHalfWide, isHalfHigh) = (0, 0)
      return true
    }
    guard bits.take(1) != nil else { return false }
    switch profile {
    case 0: break
    case 1: (isHalfWide, isHalfHigh) = (0, 0)
    case _ where twelve == 1:
      guard let wide = bits.take(1), let high = wide == 1 ? bits.take(1) : 0 else { return false }
      (isHalfWide, isHalfHigh) = (wide, high)
    default: (isHalfWide, isHalfHigh) = (1, 0)
    }
    if isHalfWide == 1, isHalfHigh == 1 {
      guard let position = bits.take(2) else { return false }
      self.position = position
    }
    return true
  }
}
