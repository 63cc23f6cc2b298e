// SPDX-License-Identifier: Apache-2.0

import Capture
import Testing

@Suite("Another codec in the PID of a stream, by the words at the starts of frames")
struct SignatureTests {
  /// The first bytes of a payload, and the codec.
  struct Row: Sendable, CustomTestStringConvertible {
    let codec: String?
    let bytes: [UInt8]
    var testDescription: String { codec ?? "none" }
  }

  static let adts: [UInt8] = [0xFF, 0xF1, 0x4C, 0x40, 0x01, 0x3F, 0xFC, 0x21, 0x10]
  static let ac3: [UInt8] = [0x0B, 0x77, 0x13, 0xCC, 0x0C, 0x40, 0x2F, 0x84] + zeros
  static let mp2: [UInt8] = [0xFF, 0xFD, 0x64, 0xC4] + zeros
  private static let zeros = [UInt8](repeating: 0, count: 16)

  static let rows: [Row] = [
    Row(codec: "aac", bytes: adts), Row(codec: "ac3", bytes: ac3),
    Row(codec: "eac3", bytes: [0x0B, 0x77, 0x00, 0xBF, 0x34, 0x87] + zeros),
    Row(codec: "mp2", bytes: mp2), Row(codec: "mp3", bytes: [0xFF, 0xFB, 0x74, 0xC4] + zeros),
    Row(codec: "aac_latm", bytes: [0x56, 0xE0, 0x06] + zeros),
    Row(codec: "opus", bytes: [0x7F, 0xE0, 0x08, 0x78, 1, 2, 3, 4, 5, 6, 7]),
    Row(codec: "dts", bytes: [0x7F, 0xFE, 0x80, 0x01] + zeros),
    Row(codec: nil, bytes: zeros), Row(codec: nil, bytes: [0xFF, 0xF1]),
    Row(codec: nil, bytes: [0xFF, 0xFF, 0xFF, 0xFF] + zeros), Row(codec: nil, bytes: []),
  ]

  @Test("the codec of a payload", arguments: rows)
  func codec(_ row: Row) { #expect(AudioSignature.codec(of: row.bytes) == row.codec) }

  @Test("three payloads in a row of one other codec replace it; fewer are imitations")
  func watched() {
    var watch = CodecWatch()
    func heard(_ bytes: [UInt8], _ known: String = "aac") -> String? {
      watch.heard(bytes, known: known)
    }
    for payload in [Self.ac3, Self.ac3, Self.adts, Self.ac3, Self.mp2, Self.ac3, Self.ac3] {
      let other = heard(payload)
      #expect(other == nil)
    }
    let other = heard(Self.ac3)
    #expect(other == "ac3")
    for _ in 0..<5 {
      let found = (heard(Self.mp2, "mp3"), heard(Self.ac3, "eac3"))
      #expect(found == (nil, nil), "one number in containers")
    }
  }

  private func annexB(_ units: [UInt8]...) -> [UInt8] { units.flatMap { [0, 0, 0, 1] + $0 } }

  @Test("parameter sets of H.264 among HEVC, and the reverse, show another codec")
  func video() {
    let hevc = annexB([0x46, 1, 0x50], [0x40, 1, 1], [0x42, 1, 1], [0x44, 1, 1], [0x26, 1, 1])
    let h264 = annexB([9, 0xF0], [0x67, 0x42, 0xC0], [0x68, 0xCE], [0x65, 0x88])
    #expect(VideoSignature.other(than: "h264", in: hevc) == "hevc")
    #expect(VideoSignature.other(than: "hevc", in: h264) == "h264")
    #expect(VideoSignature.other(than: "h264", in: h264) == nil)
    #expect(VideoSignature.other(than: "hevc", in: hevc) == nil)
    #expect(VideoSignature.other(than: "mpeg2video", in: hevc) == nil)
    #expect(VideoSignature.other(than: "h264", in: annexB([0x41, 0x9A], [0x42, 1, 1])) == nil)
    #expect(VideoSignature.other(than: "h264", in: []) == nil)
  }
}
