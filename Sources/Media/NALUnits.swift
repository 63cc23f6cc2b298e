// SPDX-License-Identifier: Apache-2.0

internal import Checked

/// The separation of consecutive NAL units.
package enum NALFraming: Sendable {
  /// Each unit follows its length in four bytes, as in ISO BMFF.
  case lengthPrefixed
  /// Each unit follows a start code: 00 00 01, or more zeros. ITU-T H.264 Annex B.
  case annexB
}

/// The NAL units of H.264 in a byte sequence, as ranges without length or start code.
package enum NALUnits {
  package static let sps: UInt8 = 7
  package static let pps: UInt8 = 8

  /// nal_unit_type.
  package static func type(_ header: UInt8) -> UInt8 { header & 0x1F }

  /// The non-empty units in `bytes`; bytes after an invalid length are dropped.
  package static func ranges(in bytes: Span<UInt8>, _ framing: NALFraming) -> [Range<Int>] {
    switch framing {
    case .lengthPrefixed: lengthPrefixed(bytes)
    case .annexB: annexB(bytes)
    }
  }

  /// The units as bytes of a sample, each after its length in four bytes.
  ///
  /// - Source: ISO/IEC 14496-15 §5.3.4.2
  package static func lengthPrefixed(_ units: [[UInt8]]) -> [UInt8] {
    units.flatMap { UInt32(clamping: $0.count).bigEndianBytes() + $0 }
  }

  /// Whether a byte sequence starts with a start code, of three or four bytes.
  package static func startsWithCode(_ bytes: Span<UInt8>) -> Bool {
    let long = bytes.count >= 4 && bytes[0] == 0 && bytes[1] == 0 && bytes[2] == 0 && bytes[3] == 1
    let short = bytes.count >= 3 && bytes[0] == 0 && bytes[1] == 0 && bytes[2] == 1
    return long || short
  }

  /// The framing of a byte sequence that starts with a parameter set.
  package static func framing(ofParameterSets bytes: Span<UInt8>) -> NALFraming {
    // A length of 1 would be a parameter set without content: this is a start code.
    startsWithCode(bytes) ? .annexB : .lengthPrefixed
  }

  /// Whether a unit is valid in either framing: no start code within, no zero byte at the end.
  /// - Source: ITU-T H.264 §7.4.1
  package static func isWellFormed(_ unit: [UInt8]) -> Bool {
    var zeros = 0
    for byte in unit {
      if zeros >= 2, byte < 3 { return false }
      zeros = byte == 0 ? zeros + 1 : 0
    }
    return zeros == 0
  }

  /// The non-empty units in `bytes`, each after its length in `lengthSize` bytes.
  package static func lengthPrefixed(
    _ bytes: Span<UInt8>, lengthSize: Int = 4
  ) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var place = 0
    while let length = bytes.bigEndian(at: place, count: lengthSize) {
      place += lengthSize
      guard length <= bytes.count - place else { break }
      if length > 0 { ranges.append(place..<place + length) }
      place += length
    }
    return ranges
  }

  private static func annexB(_ bytes: Span<UInt8>) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var start: Int?
    func close(_ start: Int, _ end: Int) {
      var end = end
      // bounded: start <= end - 1 < end <= count
      while end > start, bytes[end - 1] == 0 { end -= 1 }
      if end > start { ranges.append(start..<end) }
    }
    var place = 0
    while place + 3 <= bytes.count {
      // bounded: place + 3 <= count
      if bytes[place + 2] > 1 {
        place += 3
        // bounded: place + 3 <= count
      } else if bytes[place] == 0, bytes[place + 1] == 0, bytes[place + 2] == 1 {
        if let start { close(start, place) }
        place += 3
        start = place
      } else {
        place += 1
      }
    }
    if let start { close(start, bytes.count) }
    return ranges
  }
}
