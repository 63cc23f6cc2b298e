// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Testing

@Suite("NAL units in a byte stream, H.264 Annex B and ISO/IEC 14496-15 §5")
struct NALUnitsTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    let framing: NALFraming
    let units: [[UInt8]]
    var testDescription: String { name }
  }

  static let rows = [
    Row(name: "nothing", bytes: [], framing: .annexB, units: []),
    Row(
      name: "long and short start codes", bytes: [0, 0, 0, 1, 0x67, 1, 0, 0, 1, 0x68, 2],
      framing: .annexB, units: [[0x67, 1], [0x68, 2]]),
    Row(
      name: "trailing zeros belong to no unit",
      bytes: [0, 0, 1, 0x65, 7, 0, 0, 0, 0, 1, 0x41, 9, 0, 0], framing: .annexB,
      units: [[0x65, 7], [0x41, 9]]),
    Row(
      name: "zeros within a unit", bytes: [0, 0, 1, 0x65, 0, 0, 3, 0, 5], framing: .annexB,
      units: [[0x65, 0, 0, 3, 0, 5]]),
    Row(
      name: "lengths", bytes: [0, 0, 0, 2, 0x65, 1, 0, 0, 0, 1, 0x41], framing: .lengthPrefixed,
      units: [[0x65, 1], [0x41]]),
    Row(
      name: "a length past the end", bytes: [0, 0, 0, 1, 0x65, 0, 0, 0, 9, 0x41],
      framing: .lengthPrefixed, units: [[0x65]]),
    Row(
      name: "the largest length", bytes: [255, 255, 255, 255, 0x65], framing: .lengthPrefixed,
      units: []),
  ]

  @Test("NAL units are found at start codes and at lengths", arguments: rows)
  func units(row: Row) {
    let found = NALUnits.ranges(in: row.bytes.span, row.framing).map { Array(row.bytes[$0]) }
    #expect(found == row.units)
  }

  @Test("a parameter set with bytes that no NAL unit can contain is refused, ITU-T H.264 §7.4.1")
  func malformed() {
    let (sps, pps): ([UInt8], [UInt8]) = (
      [0, 0, 0, 4, 0x67, 0x42, 0xC0, 0x0A], [0, 0, 0, 1, 0x68]
    )
    #expect(ParameterSets((sps + pps).span, .lengthPrefixed) != nil)
    for broken: [UInt8] in [
      [0, 0, 0, 7, 0x67, 0x42, 0xC0, 0, 0, 1, 9], [0, 0, 0, 5, 0x67, 0x42, 0xC0, 0x0A, 0],
    ] {
      #expect(ParameterSets((broken + pps).span, .lengthPrefixed) == nil)
    }
  }

  @Test("a codec string has two digits for each byte, RFC 6381 §3.3")
  func codecString() {
    let bytes: [UInt8] = [0, 0, 0, 1, 0x67, 0x42, 0xC0, 0x0A, 0xFF, 0, 0, 1, 0x68, 0xCE]
    let sets = ParameterSets(bytes.span, .annexB)
    #expect(sets?.codecString == "avc1.42c00a")
    let half = ParameterSets(Array(bytes[0..<9]).span, .annexB)
    #expect(half == nil)
  }
}
