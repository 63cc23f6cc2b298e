// SPDX-License-Identifier: Apache-2.0

import Media
import TestSupport
import Testing

@testable import Capture

@Suite("AV1 of publishers")
struct AV1Tests {
  /// The record of SVT-AV1 for 640x360: Main profile, level 2.1, 8 bits.
  static let record: [UInt8] = [
    0x81, 0x01, 0x0C, 0x00, 0x0A, 0x0B, 0, 0, 0, 0x0C, 0xC4, 0xFF, 0x67, 0x00, 0xBE, 0x00, 0x10,
  ]

  @Test("the codecs string has profile, level, tier and depth")
  func codecs() {
    #expect(AV1Configuration(Self.record)?.codecs == "av01.0.01M.08")
    var ten = Self.record
    ten[1] = 0x2C
    ten[2] = 0xC0
    #expect(AV1Configuration(ten)?.codecs == "av01.1.12H.10")
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

  private func unit(_ bytes: [UInt8]) -> AV1TemporalUnit { AV1TemporalUnit(bytes.span) }

  @Test("temporal delimiters and padding are left out, and a cut OBU with what follows")
  func units() {
    let header: [UInt8] = [0x0A, 1, 9]
    let frame: [UInt8] = [0x36, 0x08, 0x82, 0x00, 7, 7]
    let all = unit([0x12, 0] + header + [0x7A, 1, 0] + frame)
    #expect(all.bytes == header + frame && all.hasFrame && all.hasSequenceHeader)
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
