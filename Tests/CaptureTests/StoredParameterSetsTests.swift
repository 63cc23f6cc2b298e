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

@Suite("Parameter sets in the samples of key frames")
struct KeyFrameSetsTests {
  private static let sps: [UInt8] = [0x67, 0x42, 0xC0, 0x0A, 0x9A]
  private static let wide: [UInt8] = [0x67, 0x42, 0xC0, 0x1E, 0x9B]
  private static let pps: [UInt8] = [0x68, 0xE1]
  private static let other: [UInt8] = [0x68, 0xE3]
  private static let sei: [UInt8] = [0x06, 0x05, 0x80]
  private static let key: [UInt8] = [0x65, 0x88, 0x81]
  private static let next: [UInt8] = [0x41, 0x9A, 0x02]
  // HEVC: VPS, SPS, PPS, a message before the picture, an IDR and a trailing picture.
  private static let vps265: [UInt8] = [0x40, 0x01, 0x0C, 0x01]
  private static let sps265: [UInt8] = [0x42, 0x01, 0x01, 0x03]
  private static let pps265: [UInt8] = [0x44, 0x01, 0xC1]
  private static let sei265: [UInt8] = [0x4E, 0x01, 0x05]
  private static let key265: [UInt8] = [0x26, 0x01, 0xAF, 0x01]
  private static let next265: [UInt8] = [0x02, 0x01, 0xD0, 0x01]

  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var codec = PassThroughCodec.h264
    /// The NAL units of each packet, and of each sample.
    let packets, samples: [[[UInt8]]]
  }

  static let rows = [
    Row(
      testDescription: "sets of each key frame of the source are not doubled",
      packets: [[sps, pps, sei, key], [next], [sps, pps, key]],
      samples: [[sps, pps, sei, key], [next], [sps, pps, key]]),
    Row(
      testDescription: "sets that the source sends once are in each key frame",
      packets: [[sps, pps, key], [next], [key]],
      samples: [[sps, pps, key], [next], [sps, pps, key]]),
    Row(
      testDescription: "sets before other frames are in the next key frame alone",
      packets: [[sps, pps, key], [sps, pps, next], [key]],
      samples: [[sps, pps, key], [next], [sps, pps, key]]),
    Row(
      testDescription: "sets that change within a session replace those before",
      packets: [[sps, pps, key], [wide, other, key], [next], [key]],
      samples: [[sps, pps, key], [wide, other, key], [next], [wide, other, key]]),
    Row(
      testDescription: "VPS, SPS and PPS of HEVC, in this order", codec: .hevc,
      packets: [[pps265, vps265, sps265, sei265, key265], [next265], [key265]],
      samples: [
        [vps265, sps265, pps265, sei265, key265], [next265], [vps265, sps265, pps265, key265],
      ]),
  ]

  private static func lengths(_ units: [[UInt8]]) -> [UInt8] {
    units.flatMap { [0, 0, 0, UInt8($0.count)] + $0 }
  }

  @Test("each key frame begins with the sets of its track, each of them once", arguments: rows)
  func samples(row: Row) {
    var depacketizer = VideoDepacketizer(row.codec, sizeLimit: FrameSizeLimit())
    depacketizer.expectUnits()
    var samples: [[UInt8]] = []
    for (index, units) in row.packets.enumerated() {
      let bytes: [UInt8] = units.flatMap { [0, 0, 0, 1] + $0 }
      let found = depacketizer.take(
        bytes.span, pts: .origin + .milliseconds(40 * Int64(index)), dts: nil, isKey: false,
        arrival: .origin, senderTime: nil)
      samples += found.map { $0.sample(of: depacketizer.video) }
    }
    #expect(samples == row.samples.map(Self.lengths))
  }

  private static func sample(
    _ codec: PassThroughCodec?, _ sets: [[UInt8]], isKey: Bool = true
  ) -> [UInt8] {
    let unit = AccessUnit(
      bytes: lengths([key]), parameterSets: [], isKey: isKey, pts: .origin, dts: nil,
      arrival: .origin, senderTime: nil)
    let video = InputDescription.Video(
      passThroughCodec: codec, codec: "x", width: 0, height: 0, rate: nil, parameterSets: sets,
      configuration: [])
    return unit.sample(of: video)
  }

  @Test("sets of a decoder configuration are ordered; equal ones, messages and empty ones are not")
  func configuration() {
    let extended: [UInt8] = [0x6D, 0x81]
    #expect(
      Self.sample(.h264, [Self.pps, extended, [], Self.sps, Self.sei, Self.sps])
        == Self.lengths([Self.sps, extended, Self.pps, Self.key]))
  }

  @Test("other codecs, other frames and a track without sets have none")
  func none() {
    let plain = Self.lengths([Self.key])
    #expect(Self.sample(.h264, [Self.sps, Self.pps], isKey: false) == plain)
    #expect(Self.sample(.h264, []) == plain)
    for codec in [.av1, .vp9, nil] as [PassThroughCodec?] {
      #expect(Self.sample(codec, [Self.sps, Self.pps]) == plain)
    }
  }

  @Test("sets of more than 16 KiB are in the header alone")
  func large() {
    let room = AccessUnit.maximumSetsSize - 8 - Self.sps.count
    for (size, isRepeated) in [(room, true), (room + 1, false)] {
      let large = Self.pps + [UInt8](repeating: 1, count: size - Self.pps.count)
      let sample = Self.sample(.h264, [Self.sps, large])
      #expect((sample.count > AccessUnit.maximumSetsSize) == isRepeated)
    }
  }
}
