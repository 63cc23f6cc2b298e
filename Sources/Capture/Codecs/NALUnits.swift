// SPDX-License-Identifier: Apache-2.0

internal import Checked
internal import Media

/// The separation of consecutive NAL units.
package enum NALFraming: Sendable {
  /// Each unit follows its length in four bytes, as in ISO BMFF.
  case lengthPrefixed
  /// Each unit follows a start code: 00 00 01, or more zeros. ITU-T H.264 Annex B.
  case annexB
}

/// The NAL units of H.264 in a byte sequence, as ranges without length or start code.
package enum NALUnits {
  static let idr: UInt8 = 5
  static let sei: UInt8 = 6
  static let sps: UInt8 = 7
  static let pps: UInt8 = 8

  /// nal_unit_type.
  package static func type(_ header: UInt8) -> UInt8 { header & 0x1F }

  /// Whether a unit of this type is a slice.
  package static func isSlice(_ type: UInt8) -> Bool { (1...5).contains(type) }

  /// Whether a sample of an `avc1` track that we encode keeps the non-empty unit: slices, and SEI
  /// with captions.
  ///
  /// Parameter sets are in the CMAF header; players ignore delimiters, other SEI and filler.
  static func isKept(_ unit: Span<UInt8>) -> Bool {
    let type = type(unit[0])
    return isSlice(type)
      || type == sei && CaptionData(unit: unit.array, headerSize: 1) != nil
  }

  /// The non-empty units in `bytes`; bytes after an invalid length are dropped.
  package static func ranges(in bytes: Span<UInt8>, _ framing: NALFraming) -> [Range<Int>] {
    switch framing {
    case .lengthPrefixed: lengthPrefixed(bytes)
    case .annexB: annexB(bytes)
    }
  }

  /// The framing of a byte sequence that starts with a parameter set.
  package static func framing(ofParameterSets bytes: Span<UInt8>) -> NALFraming {
    // A length of 1 would be a parameter set without content: this is a start code.
    let long = bytes.count >= 4 && bytes[0] == 0 && bytes[1] == 0 && bytes[2] == 0 && bytes[3] == 1
    let short = bytes.count >= 3 && bytes[0] == 0 && bytes[1] == 0 && bytes[2] == 1
    return long || short ? .annexB : .lengthPrefixed
  }

  /// Whether a unit is valid in either framing: no start code within, no zero byte at the end.
  /// - Source: ITU-T H.264 §7.4.1
  static func isWellFormed(_ unit: [UInt8]) -> Bool {
    var zeros = 0
    for byte in unit {
      if zeros >= 2, byte < 3 { return false }
      zeros = byte == 0 ? zeros + 1 : 0
    }
    return zeros == 0
  }

  private static func lengthPrefixed(_ bytes: Span<UInt8>) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var place = 0
    while let length = bytes.bigEndian(at: place, count: 4) {
      place += 4
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

/// SPS and PPS of a stream, each without length or start code.
package struct ParameterSets: Sendable, Hashable {
  package var sps: [[UInt8]] = []
  package var pps: [[UInt8]] = []

  /// The parameter sets in `bytes`; nil if SPS or PPS is missing.
  package init?(_ bytes: Span<UInt8>, _ framing: NALFraming) {
    for range in NALUnits.ranges(in: bytes, framing) {
      var unit: [UInt8] = []
      unit.reserveCapacity(range.count)
      for place in range { unit.append(bytes[place]) }
      guard NALUnits.isWellFormed(unit) else { continue }
      switch NALUnits.type(bytes[range.lowerBound]) {
      case NALUnits.sps where unit.count >= 4: sps.append(unit)
      case NALUnits.pps: pps.append(unit)
      default: break
      }
    }
    guard !sps.isEmpty, !pps.isEmpty else { return nil }
  }

  /// All parameter sets with four-byte start codes, as libavformat requires.
  package var annexB: [UInt8] { (sps + pps).flatMap { [0, 0, 0, 1] + $0 } }

  /// `avc1.` and profile, constraint flags and level in hexadecimal, from the first SPS.
  /// - Source: RFC 6381 §3.3
  package var codecString: String { "avc1." + hexadecimal(sps[0][1...3]) }
}
