// SPDX-License-Identifier: Apache-2.0

import CMAF
import Media
import TestSupport
import Testing
import Time

@testable import Capture

@Suite("AV1 of publishers")
struct AV1Tests {
  /// The record of SVT-AV1 for 640x360: Main profile, level 2.1, 8 bits.
  static let record: [UInt8] = [
    0x81, 0x01, 0x0C, 0x00, 0x0A, 0x0B, 0, 0, 0, 0x0C, 0xC4, 0xFF, 0x67, 0x00, 0xBE, 0x00, 0x10,
  ]

  @Test("the codecs string has profile, level, tier and depth")
  func codecs() {
    #expect(SampleEntry.codecs(av1: Self.record) == "av01.0.01M.08")
    var ten = Self.record
    ten[1] = 0x2C
    ten[2] = 0xC0
    #expect(AV1Configuration(ten) != nil && SampleEntry.codecs(av1: ten) == "av01.1.12H.10")
  }

  @Test("damaged records are refused")
  func damaged() {
    for (index, value): (Int, UInt8) in [(0, 0x80), (1, 0x61), (3, 0x20), (4, 0x8A), (5, 0x0C)] {
      var record = Self.record
      record[index] = value
      #expect(AV1Configuration(record) == nil, "byte \(index)")
    }
    for count in 0..<Self.record.count {
      #expect(AV1Configuration(Array(Self.record.prefix(count))) == nil)
    }
    #expect(AV1Configuration(Self.record + [UInt8](repeating: 0, count: 5000)) == nil)
  }

  /// The records that libavformat derives from sequence headers of libaom: 8 bits, and 10 bits of
  /// PQ.
  private static let eight: [UInt8] = [
    0x81, 0x00, 0x0C, 0x00, 0x0A, 0x0B, 0, 0, 0, 0x04, 0x3C, 0xFE, 0xCC, 0xDA, 0xF9, 0x00, 0x40,
  ]
  private static let ten: [UInt8] = [
    0x81, 0x00, 0x4C, 0x00, 0x0A, 0x0E, 0, 0, 0, 0x04, 0x3C, 0xFE, 0xCC, 0xDA, 0xF9, 0x50, 0x91,
    0x00, 0x90, 0x40,
  ]

  @Test("a record follows from a sequence header", arguments: [record, eight, ten])
  func derived(_ record: [UInt8]) throws {
    let header = Array(record[6...])
    #expect(AV1Configuration(sequenceHeader: header)?.bytes == record)
    #expect(AV1Configuration(record)?.sequenceHeader == header)
    // Any bytes are read.
    for count in 0..<8 {
      #expect(AV1Configuration(sequenceHeader: Array(header.prefix(count))) == nil)
    }
    for index in header.indices {
      for bit in 0..<8 {
        var other = header
        other[index] ^= 1 << UInt8(bit)
        _ = AV1Configuration(sequenceHeader: other)
      }
    }
    let long = header + [UInt8](repeating: 0, count: 200)
    #expect(AV1Configuration(sequenceHeader: long)?.sequenceHeader == long)
    #expect(AV1Configuration(sequenceHeader: [UInt8](repeating: 0, count: 5000)) == nil)
  }

  /// A sequence header with a model of the decoder, two operating points, order hints, and 4:2:2
  /// of 12 bits, written by AV1 specification §5.5.
  private static let rich: [UInt8] = {
    func number(_ value: Int, _ count: Int) -> String {
      let digits = String(value, radix: 2)
      return String(repeating: "0", count: count - digits.count) + digits
    }
    // Profile 2, no still picture; timing with equal intervals, and a model with delays of 3 bits.
    var bits = "010" + "0" + "0" + "1" + number(1, 32) + number(30, 32) + "1" + "010" + "1"
    bits += number(2, 5) + number(1, 32) + number(7, 5) + number(7, 5)
    // Delays for display; two points: levels 9 and 5, of which the first has a tier.
    bits += "1" + number(1, 5)
    bits += number(3, 12) + number(9, 5) + "1" + "1" + "101" + "110" + "0" + "1" + number(4, 4)
    bits += number(1, 12) + number(5, 5) + "0" + "0"
    // The size in 9 and 8 bits; numbers of frames; three tools.
    bits += number(8, 4) + number(7, 4) + number(319, 9) + number(179, 8) + "1" + "0101" + "010"
    bits += "101"
    // Four tools, order hints with two tools, screen content and motion vectors stated.
    bits += "1010" + "1" + "10" + "0" + "1" + "0" + "1" + number(6, 3)
    // Three tools; 12 bits, colours, the range, half the width; no film grain.
    bits += "011" + "1" + "1" + "0" + "1" + number(9, 8) + number(16, 8) + number(9, 8) + "0"
    bits += "1" + "0" + "0" + "0"
    let digits = Array((bits + "1" + String(repeating: "0", count: 7)).utf8)
    return stride(from: 0, to: digits.count - digits.count % 8, by: 8).map { start in
      digits[start..<start + 8].reduce(UInt8(0)) { $0 << 1 | ($1 & 1) }
    }
  }()

  @Test("all fields before the colours are skipped")
  func rich() throws {
    let header = try #require(AV1SequenceHeader(Self.rich))
    #expect(header.profile == 2 && header.level == 9 && header.tier == 1)
    #expect(header.isDeep == 1 && header.hasTwelveBits == 1 && header.isMonochrome == 0)
    #expect(header.isHalfWide == 1 && header.isHalfHigh == 0 && header.position == 0)
    let record = try #require(AV1Configuration(sequenceHeader: Self.rich))
    #expect(Array(record.bytes.prefix(4)) == [0x81, 2 << 5 | 9, 0xE8, 0])
    #expect(SampleEntry.codecs(av1: record.bytes) == "av01.2.09H.12")
  }

  @Test("the sequence header of a key frame counts, whatever the container has")
  func changes() {
    var depacketizer = VideoDepacketizer(.av1, sizeLimit: FrameSizeLimit())
    func take(_ record: [UInt8], isKey: Bool = true) -> [Bool] {
      let bytes = record[4...] + [0x32, 0x02, 0x10, 0x00]
      return depacketizer.take(
        Array(bytes).span, pts: .origin, dts: nil, isKey: isKey, arrival: .origin, senderTime: nil
      ).map(\.isKey)
    }
    // No record of the container.
    #expect(!depacketizer.isComplete)
    #expect(take(Self.eight) == [true])
    #expect(depacketizer.isComplete && depacketizer.video.parameterSets == [Self.eight])
    // An equal sequence header keeps the record, with its metadata.
    let metadata = Self.eight + [0x2A, 0x02, 0x01, 0x80]
    depacketizer.take(extradata: metadata)
    let coding = depacketizer.video.coding
    #expect(take(Self.eight) == [true] && depacketizer.video.parameterSets == [metadata])
    #expect(take(Self.ten, isKey: false) == [false])
    #expect(depacketizer.video.coding == coding)
    #expect(take(Self.ten) == [true])
    #expect(depacketizer.video.parameterSets == [Self.ten] && depacketizer.video.coding != coding)
    // The same record of the container is no change.
    depacketizer.take(extradata: metadata)
    #expect(depacketizer.video.parameterSets == [Self.ten])
  }

  private func unit(_ bytes: [UInt8]) -> AV1TemporalUnit { AV1TemporalUnit(bytes.span) }

  @Test("temporal delimiters and padding are left out, and a cut OBU with what follows")
  func units() {
    let header: [UInt8] = [0x0A, 1, 9]
    let frame: [UInt8] = [0x36, 0x08, 0x82, 0x00, 7, 7]
    let all = unit([0x12, 0] + header + [0x7A, 1, 0] + frame)
    #expect(all.bytes == header + frame && all.hasFrame && all.sequenceHeader == [9])
    let cut = unit(header + frame.dropLast())
    #expect(cut.bytes == header && !cut.hasFrame)
    // Without a size, with the forbidden bit, and a size of more than 32 bits.
    for bytes: [UInt8] in [[0x30, 1], [0xB2, 0], [0x32, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1], []] {
      #expect(unit(bytes).bytes.isEmpty)
    }
  }

  @Test("libavformat writes av1C as the publisher has sent it")
  func header() throws {
    let size = try #require(VideoSize(width: 640, height: 360))
    let video = InputDescription.Video(
      passThroughCodec: .av1, codec: "av1", width: 640, height: 360, rate: nil,
      parameterSets: [Self.record], configuration: [])
    let header = try PassThroughHeader(video, size: size, rate: .thirty)
    #expect(header.codecs == "av01.0.01M.08")
    let stsd = try #require(Box.at("moov/trak/mdia/minf/stbl/stsd", in: header.bytes))
    #expect(String(decoding: stsd.content[12..<16], as: UTF8.self) == "av01")
    let text = stsd.content.map { "\($0)" }.joined(separator: ",")
    #expect(text.contains(Self.record.map { "\($0)" }.joined(separator: ",")))
  }
}
