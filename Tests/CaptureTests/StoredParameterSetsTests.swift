// SPDX-License-Identifier: Apache-2.0

import Media
import Testing
import Time

@testable import Capture

@Suite("Parameter sets by their identifiers, ITU-T H.264 §7.4.1.2.1, H.265 §7.4.2.4.2")
struct StoredParameterSetsTests {
  /// Bits as text; the last byte is filled.
  private static func bytes(_ bits: String) -> [UInt8] {
    let whole = bits + "1" + String(repeating: "0", count: (15 - bits.count % 8) % 8)
    let digits = Array(whole.utf8)
    return stride(from: 0, to: digits.count, by: 8).map { start in
      digits[start..<min(start + 8, digits.count)].reduce(UInt8(0)) { $0 << 1 | ($1 & 1) }
    }
  }

  /// An Exp-Golomb code.
  private static func code(_ value: Int) -> String {
    let digits = String(value + 1, radix: 2)
    return String(repeating: "0", count: digits.count - 1) + digits
  }

  private static func sps(_ id: Int, _ rest: String = "") -> [UInt8] {
    [0x67, 0x42, 0xC0, 0x0A] + bytes(code(id) + rest)
  }

  private static func pps(_ id: Int, of sps: Int = 0, _ rest: String = "") -> [UInt8] {
    [0x68] + bytes(code(id) + code(sps) + rest)
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let taken: [[UInt8]]
    let expected: [[UInt8]]
  }

  private static let start = [sps(0), sps(1), pps(0), pps(1), pps(7, of: 1)]

  static let rows = [
    Row(testDescription: "nothing", taken: [], expected: start),
    Row(testDescription: "one of several", taken: [pps(1)], expected: start),
    Row(
      testDescription: "another content", taken: [pps(1, "11")],
      expected: [sps(0), sps(1), pps(0), pps(1, "11"), pps(7, of: 1)]),
    Row(
      testDescription: "another identifier", taken: [sps(3), pps(2)],
      expected: [sps(0), sps(1), sps(3), pps(0), pps(1), pps(7, of: 1), pps(2)]),
    Row(
      testDescription: "another SPS with one of its PPS: the other one is stale",
      taken: [sps(0, "11"), pps(0)],
      expected: [sps(0, "11"), sps(1), pps(0), pps(7, of: 1)]),
    Row(
      testDescription: "another SPS alone", taken: [sps(0, "11")],
      expected: [sps(0, "11"), sps(1), pps(0), pps(1), pps(7, of: 1)]),
    Row(
      testDescription: "more than a header can have",
      taken: [pps(2) + [UInt8](repeating: 7, count: 65_535)], expected: start),
  ]

  @Test("H.264: a set replaces that with its identifier, and no other one", arguments: rows)
  func advanced(_ row: Row) {
    var stored = StoredParameterSets(Self.start, .h264)
    stored.take(row.taken)
    #expect(stored.sets == row.expected)
  }

  @Test("a set without a readable identifier stays until others of its kind arrive")
  func damaged() {
    var stored = StoredParameterSets(Self.start, .h264)
    stored.take([[0x68]])
    #expect(stored.sets == Self.start + [[0x68]])
    stored.take([Self.pps(0)])
    #expect(stored.sets == Self.start)
    stored.take([Self.pps(256), Self.sps(32)])
    #expect(stored.sets.count == Self.start.count + 2)
  }

  @Test("there are not more sets than avcC can have, ISO/IEC 14496-15 §5.3.3.1")
  func limited() {
    var stored = StoredParameterSets(Self.start, .h264)
    for id in 0..<1000 {
      let own = [Self.sps(id % 32), Self.pps(id % 256, of: id % 32)]
      stored.take(own)
      #expect(own.allSatisfy(stored.sets.contains))
      #expect(stored.sets.count { $0[0] & 0x1F == 7 } <= 31)
      #expect(stored.sets.count { $0[0] & 0x1F == 8 } <= 255)
    }
  }

  private static func number(_ value: Int, _ count: Int) -> String {
    let digits = String(value, radix: 2)
    return String(repeating: "0", count: count - digits.count) + digits
  }

  /// An SPS of HEVC with this number of temporal layers.
  private static func high(
    sps id: Int, vps: Int, layers: Int, _ rest: String = ""
  ) -> [UInt8] {
    // Without zeros, which would need bytes that prevent start codes.
    var bits = number(vps, 4) + number(layers - 1, 3) + "1" + String(repeating: "1", count: 96)
    if layers > 1 {
      for layer in 0..<8 { bits += layer < layers - 1 ? "11" : "00" }
      bits += String(repeating: "1", count: 96 * (layers - 1))
    }
    return [0x42, 0x01] + bytes(bits + code(id) + rest)
  }

  private static func high(vps id: UInt8, _ rest: UInt8) -> [UInt8] {
    [0x40, 0x01, id << 4 | 0xF, rest]
  }

  private static func high(pps id: Int, of sps: Int) -> [UInt8] {
    [0x44, 0x01] + bytes(code(id) + code(sps))
  }

  @Test("HEVC: VPS, SPS behind their profiles and layers, and PPS", arguments: [1, 3, 7])
  func highEfficiency(layers: Int) {
    let vps = [Self.high(vps: 0, 1), Self.high(vps: 1, 1)]
    let sps = [
      Self.high(sps: 0, vps: 0, layers: layers), Self.high(sps: 5, vps: 1, layers: layers),
    ]
    let pps = [Self.high(pps: 0, of: 0), Self.high(pps: 9, of: 5)]
    var stored = StoredParameterSets(vps + sps + pps, .hevc)
    stored.take([pps[1]])
    stored.take([sps[1], vps[0]])
    #expect(stored.sets == vps + sps + pps)
    let other = Self.high(sps: 5, vps: 1, layers: layers, "11")
    stored.take([other])
    #expect(stored.sets == vps + [sps[0], other] + pps)
    // Another VPS, with an SPS and a PPS: those that hang on the old one go.
    let third = Self.high(vps: 1, 2)
    stored.take([third, sps[0], pps[0]])
    #expect(stored.sets == [vps[0], third, sps[0], pps[0]])
  }

  /// Whether each access unit in a packet of Annex B is a key frame.
  private static func take(
    _ units: [[UInt8]], by depacketizer: inout VideoDepacketizer
  ) -> [Bool] {
    let bytes: [UInt8] = units.flatMap { [0, 0, 0, 1] + $0 }
    return depacketizer.take(
      bytes.span, pts: .origin, dts: nil, isKey: false, arrival: .origin, senderTime: nil
    ).map(\.isKey)
  }

  @Test("an access unit that repeats one of two PPS changes nothing: no other CMAF header")
  func repeated() {
    var depacketizer = VideoDepacketizer(.h264, sizeLimit: FrameSizeLimit())
    let sets = [Self.sps(0), Self.pps(0), Self.pps(1)]
    depacketizer.take(extradata: sets.flatMap { [0, 0, 0, 1] + $0 })
    let coding = depacketizer.video.coding
    let key: [UInt8] = [0x65, 0x88]
    #expect(Self.take([Self.sps(0), Self.pps(1), key], by: &depacketizer) == [true])
    #expect(depacketizer.video.parameterSets == sets && depacketizer.video.coding == coding)
    #expect(Self.take([Self.pps(1, "11"), key], by: &depacketizer) == [true])
    #expect(depacketizer.video.coding != coding)
  }
}
