// SPDX-License-Identifier: Apache-2.0

import CMAF
import Media
import TestSupport
import Testing

@testable import Capture

@Suite("The CMAF header of a pass-through track", .blocking)
struct PassThroughHeaderTests {
  private func video(_ codec: PassThroughCodec, _ sets: [[UInt8]]) -> InputDescription.Video {
    InputDescription.Video(
      passThroughCodec: codec, codec: codec == .h264 ? "h264" : "hevc", width: 640, height: 360,
      rate: nil, parameterSets: sets, configuration: [])
  }

  @Test("H.264: avcC has the parameter sets of the source, RFC 6381 §3.3")
  func advanced() throws {
    let size = try #require(VideoSize(width: 640, height: 360))
    let encoder = try VideoEncoder(
      EncoderSettings(size: size, rate: .thirty, bitrateKilobits: 700))
    let sets = encoder.parameterSets.sps + encoder.parameterSets.pps
    let header = try PassThroughHeader(video(.h264, sets), size: size, rate: .thirty)
    #expect(header.codecs == encoder.codecString)
    let path = "moov/trak/mdia/minf/stbl/stsd/avc1/avcC"
    let copied = try #require(Box.at(path, in: header.bytes)).content
    let coded = try #require(Box.at(path, in: try encoder.initSegment())).content
    #expect(copied == coded)
    let mdhd = try #require(Box.at("moov/trak/mdia/mdhd", in: header.bytes))
    #expect(mdhd.number(mdhd.content[0] == 1 ? 20 : 12, 4) == 90_000)
  }

  /// Main profile, Main tier, level 3.1, as x265 writes it.
  private static let hevc: [[UInt8]] = [
    [
      0x40, 0x01, 0x0C, 0x01, 0xFF, 0xFF, 0x01, 0x60, 0, 0, 3, 0, 0x90, 0, 0, 3, 0, 0, 3, 0, 0x5D,
      0x95, 0x98, 0x09,
    ],
    [
      0x42, 0x01, 0x01, 0x01, 0x60, 0, 0, 3, 0, 0x90, 0, 0, 3, 0, 0, 3, 0, 0x5D, 0xA0, 0x05, 0x02,
      0x01, 0x69, 0x65, 0x95, 0x9A, 0x49, 0x32, 0xBC, 0x05, 0xA0, 0x20, 0, 0, 3, 0, 0x20, 0, 0, 3,
      3, 0xC1,
    ],
    [0x44, 0x01, 0xC1, 0x72, 0xB4, 0x62, 0x40],
  ]

  @Test("HEVC: hvc1 with profile, compatibility, tier, level and constraints, ISO/IEC 14496-15 E.3")
  func highEfficiency() throws {
    let size = try #require(VideoSize(width: 640, height: 360))
    let header = try PassThroughHeader(video(.hevc, Self.hevc), size: size, rate: .thirty)
    #expect(header.codecs == "hvc1.1.6.L93.90")
    let stsd = try #require(Box.at("moov/trak/mdia/minf/stbl/stsd", in: header.bytes))
    #expect(String(decoding: stsd.content[12..<16], as: UTF8.self) == "hvc1")
  }

  @Test("HEVC: hvcC is the one that libavformat derives from sound parameter sets")
  func record() throws {
    let size = try #require(VideoSize(width: 640, height: 360))
    // The box, and whatever follows it in the sample entry.
    func record(_ header: [UInt8]) throws -> [UInt8] {
      let entry = try #require(Box.at("moov/trak/mdia/minf/stbl/stsd", in: header)).content
      let start = try #require(entry.firstRange(of: Array("hvcC".utf8))).lowerBound
      return Array(entry[(start - 4)...])
    }
    let derived = try CMAFHeader.write(
      .hevc, Self.hevc.flatMap { [0, 0, 0, 1] + $0 }, size: size, rate: .thirty)
    let own = try PassThroughHeader(video(.hevc, Self.hevc), size: size, rate: .thirty).bytes
    #expect(try record(own) == record(derived))
  }

  @Test("Dolby Vision: the record is in the sample entry; without a base layer it has another name")
  func dolbyVision() throws {
    let size = try #require(VideoSize(width: 640, height: 360))
    var video = video(.hevc, Self.hevc)
    let plain = try PassThroughHeader(video, size: size, rate: .thirty)
    let rows: [(UInt8, UInt8, String)] = [(8, 4, "hvc1"), (5, 0, "dvh1")]
    for (profile, compatibility, entry) in rows {
      video.dolbyVision = DolbyVision(
        record: [1, 0, profile << 1, 7 << 3 | 5, compatibility << 4]
          + [UInt8](repeating: 0, count: 19))
      let record = try #require(video.dolbyVision)
      let header = try PassThroughHeader(video, size: size, rate: .thirty)
      #expect(header.codecs == (profile == 5 ? "dvh1.05.07" : plain.codecs))
      let found = try MovieHeader(header: header.bytes).entry
      #expect(found.dolbyVision == record && found.type == "hvc1")
      #expect(found.setup == (try MovieHeader(header: plain.bytes).entry.setup))
      // The sizes of all boxes fit: the walk through them ends at the end of the bytes.
      let stsd = try #require(Box.at("moov/trak/mdia/minf/stbl/stsd", in: header.bytes))
      #expect(String(decoding: stsd.content[12..<16], as: UTF8.self) == entry)
      let box = [0, 0, 0, 32] + Array(record.boxType.utf8) + record.record
      #expect(Array(stsd.content.suffix(32)) == box)
      let brands = try #require(Box.at("ftyp", in: header.bytes)).content
      #expect(brands.suffix(4).elementsEqual("db4h".utf8) == (profile == 8))
      #expect(header.bytes.count == plain.bytes.count + 32 + (profile == 8 ? 4 : 0))
      // Of HEVC it reads only a codec of Dolby Vision.
      if profile == 5 { #expect(try TrackHeader(parsing: header.bytes).codecs == header.codecs) }
    }
  }

  @Test("HEVC: a parameter set that ends before its bit depths is refused", arguments: 0..<24)
  func short(length: Int) throws {
    let size = try #require(VideoSize(width: 640, height: 360))
    let sets = [Self.hevc[0], Array(Self.hevc[1].prefix(length)), Self.hevc[2]]
    #expect(throws: FFmpegError.self) {
      try PassThroughHeader(video(.hevc, sets), size: size, rate: .thirty)
    }
  }

  @Test("without parameter sets, a header is refused", arguments: [PassThroughCodec.h264, .hevc])
  func nothing(codec: PassThroughCodec) throws {
    let size = try #require(VideoSize(width: 640, height: 360))
    #expect(throws: FFmpegError.self) {
      try PassThroughHeader(video(codec, []), size: size, rate: .thirty)
    }
  }
}
