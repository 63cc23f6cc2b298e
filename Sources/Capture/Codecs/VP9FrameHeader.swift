// SPDX-License-Identifier: Apache-2.0

internal import Checked

/// The properties of a key frame of VP9, from its uncompressed header.
///
/// - Source: VP9 Bitstream & Decoding Process Specification §6.2, §7.2
package struct VP9FrameHeader: Sendable, Equatable {
  package let profile: Int
  /// The bits of a sample: 8, 10 or 12.
  package let bitDepth: Int
  /// Whether the chroma planes have half the width, and half the height.
  package let isHalfWide, isHalfHigh: Bool
  /// Whether the sample values have the full range.
  package let isFullRange: Bool
  package let width, height: Int

  /// The value of color_space for RGB.
  private static let rgb = 7

  /// Reads the header of a frame, or of the first one of a superframe; nil if it is no key frame,
  /// or malformed.
  package init?(_ bytes: [UInt8]) {
    var bits = BitReader(Array(bytes.prefix(16)))
    guard bits.take(2) == 2, let low = bits.take(1), let high = bits.take(1) else { return nil }
    profile = high << 1 | low
    if profile == 3 { guard bits.take(1) == 0 else { return nil } }
    // show_existing_frame, frame_type, show_frame, error_resilient_mode, frame_sync_code
    guard bits.take(1) == 0, bits.take(1) == 0, bits.take(2) != nil, bits.take(24) == 0x49_83_42
    else { return nil }
    if profile >= 2 {
      guard let isTwelve = bits.take(1) else { return nil }
      bitDepth = isTwelve == 1 ? 12 : 10
    } else {
      bitDepth = 8
    }
    guard let space = bits.take(3) else { return nil }
    let hasSubsampling = profile == 1 || profile == 3
    if space == Self.rgb {
      guard hasSubsampling, bits.take(1) == 0 else { return nil }
      (isFullRange, isHalfWide, isHalfHigh) = (true, false, false)
    } else {
      guard let range = bits.take(1) else { return nil }
      isFullRange = range == 1
      if hasSubsampling {
        guard let x = bits.take(1), let y = bits.take(1), bits.take(1) == 0 else { return nil }
        (isHalfWide, isHalfHigh) = (x == 1, y == 1)
      } else {
        (isHalfWide, isHalfHigh) = (true, true)
      }
    }
    guard let width = bits.take(16), let height = bits.take(16) else { return nil }
    // bounded: 16 bits
    (self.width, self.height) = (width + 1, height + 1)
  }

  /// The properties as bytes, in the place of parameter sets: other bytes need another CMAF header.
  package var configuration: [UInt8] {
    let form: UInt8 = (isHalfWide ? 1 : 0) | (isHalfHigh ? 2 : 0) | (isFullRange ? 4 : 0)
    var bytes = [UInt8(clamping: profile), UInt8(clamping: bitDepth), form]
    for side in [width, height] { bytes += UInt32(clamping: side - 1).bigEndianBytes(2) }
    return bytes
  }

  /// Reads a ``configuration``; nil if it is none.
  package init?(configuration bytes: [UInt8]) {
    guard bytes.count == 7, bytes[0] <= 3, [8, 10, 12].contains(bytes[1]) else { return nil }
    (profile, bitDepth) = (Int(bytes[0]), Int(bytes[1]))
    isHalfWide = bytes[2] & 1 != 0
    isHalfHigh = bytes[2] & 2 != 0
    isFullRange = bytes[2] & 4 != 0
    // bounded: two bytes each
    width = (Int(bytes[3]) << 8 | Int(bytes[4])) + 1
    height = (Int(bytes[5]) << 8 | Int(bytes[6])) + 1
  }
}
