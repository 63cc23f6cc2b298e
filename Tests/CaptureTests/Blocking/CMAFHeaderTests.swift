// SPDX-License-Identifier: Apache-2.0

import Media
import TestSupport
import Testing

@testable import Capture

@Suite("The CMAF header, ISO/IEC 23000-19 §7.3.1", .blocking)
struct CMAFHeaderTests {
  static let rates = ["30", "25", "60", "30000/1001", "60000/1001", "24000/1001", "12.5"]

  @Test(
    "a header is ftyp and moov, with the timescale of the frame rate and no edit list",
    arguments: rates)
  func boxes(rate: String) throws {
    let settings = try settings(rate: rate)
    let header = try VideoEncoder(settings).initSegment()
    let boxes = try #require(Box.all(in: header))
    #expect(boxes.map(\.type) == ["ftyp", "moov"])
    let brands = String(decoding: boxes[0].content, as: UTF8.self)
    #expect(brands.contains("cmfc"))
    let mdhd = try #require(Box.at("moov/trak/mdia/mdhd", in: header))
    #expect(mdhd.number(mdhd.content[0] == 1 ? 20 : 12, 4) == Int(settings.rate.timescale))
    #expect(Box.at("moov/trak/edts", in: header) == nil)
    #expect(Box.at("moov/mvex/trex", in: header) != nil)
    #expect(!String(decoding: header, as: UTF8.self).contains("Lav"), "a library's version")
    let stts = try #require(Box.at("moov/trak/mdia/minf/stbl/stts", in: header))
    #expect(stts.number(4, 4) == 0)
  }

  @Test("avcC has the encoder's SPS and PPS, and NAL unit lengths of four bytes")
  func configuration() throws {
    let encoder = try VideoEncoder(settings("1280x720", bitrate: 2500))
    let header = try encoder.initSegment()
    let avcC = try #require(Box.at("moov/trak/mdia/minf/stbl/stsd/avc1/avcC", in: header)).content
    let sps = try #require(encoder.parameterSets.sps.first)
    let pps = try #require(encoder.parameterSets.pps.first)
    #expect(avcC[0] == 1)
    #expect(avcC[4] & 3 == 3)
    #expect(avcC[5] & 0x1F == 1)
    #expect(Int(avcC[6]) << 8 | Int(avcC[7]) == sps.count)
    #expect(Array(avcC[8..<8 + sps.count]) == sps)
    let rest = Array(avcC[(8 + sps.count)...])
    #expect(rest[0] == 1)
    #expect(Array(rest[3..<3 + pps.count]) == pps)
    #expect(encoder.codecString == "avc1.64001f")
    #expect(Array(avcC[1...3]) == [0x64, 0x00, 0x1F])
  }

  @Test("colr declares BT.709 with limited range, and pasp square pixels")
  func colour() throws {
    let header = try VideoEncoder(settings()).initSegment()
    let path = "moov/trak/mdia/minf/stbl/stsd/avc1"
    let colr = try #require(Box.at("\(path)/colr", in: header)).content
    #expect(String(decoding: colr[0..<4], as: UTF8.self) == "nclx")
    #expect(Array(colr[4...]) == [0, 1, 0, 1, 0, 1, 0])
    let pasp = try #require(Box.at("\(path)/pasp", in: header))
    #expect(pasp.number(0, 4) == 1 && pasp.number(4, 4) == 1)
  }

  @Test("equal settings give equal bytes, also after frames were encoded")
  func equalBytes() throws {
    let one = try VideoEncoder(settings())
    var other = try VideoEncoder(settings())
    let before = try other.initSegment()
    let slate = try SlateFrame.make(size: size("640x360"))
    for index in Int64(0)..<5 { _ = try other.encode(slate, pts: index * 3000, independent: false) }
    #expect(try one.initSegment() == before)
    #expect(try other.initSegment() == before)
    #expect(try VideoEncoder(settings("1280x720")).initSegment() != before)
  }
}
