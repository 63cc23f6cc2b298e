// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import Time

@testable import Capture

@Suite("The CMAF header of an AAC track, ISO/IEC 14496-12 §8.5.2, ISO/IEC 14496-14 §5.6", .blocking)
struct AudioHeaderTests {
  static let path = "moov/trak/mdia/minf/stbl/stsd/mp4a"

  /// The AudioSpecificConfig in an `esds`: the content of its DecoderSpecificInfo descriptor.
  static func specificInfo(_ esds: Box) -> [UInt8]? {
    var offset = 4
    func descriptor() -> (tag: UInt8, size: Int)? {
      guard offset < esds.content.count else { return nil }
      let tag = esds.content[offset]
      offset += 1
      var size = 0
      while offset < esds.content.count {
        let byte = esds.content[offset]
        offset += 1
        size = size << 7 | Int(byte & 0x7F)
        if byte & 0x80 == 0 { break }
      }
      return (tag, size)
    }
    // ES_Descriptor: ES_ID and flags; DecoderConfigDescriptor: 13 bytes; DecoderSpecificInfo.
    guard descriptor()?.tag == 3 else { return nil }
    offset += 3
    guard descriptor()?.tag == 4, esds.content[offset] == 0x40 else { return nil }
    offset += 13
    guard let info = descriptor(), info.tag == 5 else { return nil }
    return Array(esds.content[offset..<offset + info.size])
  }

  @Test(
    "the timescale is the sample rate, esds has the encoder's configuration; no edit list",
    arguments: [
      AudioEncoderSettings(), AudioEncoderSettings(sampleRate: 44_100, channels: 1),
    ])
  func encoded(settings: AudioEncoderSettings) throws {
    let encoder = try AudioEncoder(settings)
    let header = try encoder.initSegment()
    let top = try #require(Box.all(in: header))
    #expect(top.map(\.type) == ["ftyp", "moov"])
    let mdhd = try #require(Box.at("moov/trak/mdia/mdhd", in: header))
    #expect(mdhd.number(12, 4) == Int(settings.sampleRate))
    let hdlr = try #require(Box.at("moov/trak/mdia/hdlr", in: header))
    #expect(String(decoding: hdlr.content[8..<12], as: UTF8.self) == "soun")
    let entry = try #require(Box.at(Self.path, in: header))
    #expect(entry.number(24, 4) == Int(settings.sampleRate) << 16)
    let esds = try #require(Box.at("\(Self.path)/esds", in: header))
    let configuration = try #require(Self.specificInfo(esds))
    #expect(configuration == encoder.configuration.bytes)
    let read = try #require(AudioSpecificConfig(configuration))
    #expect(read.objectType == 2 && read.sampleRate == settings.sampleRate)
    #expect(read.channels == settings.channels && read.isPlainAAC)
    #expect(encoder.codecString == "mp4a.40.2")
    #expect(Box.at("moov/trak/edts", in: header) == nil)
    #expect(Box.at("moov/mvex/trex", in: header) != nil)
    #expect(Box.at("moov/trak/mdia/minf/smhd", in: header) != nil)
  }

  @Test("equal settings give equal bytes, also after audio was encoded")
  func equalBytes() throws {
    var encoder = try AudioEncoder(AudioEncoderSettings())
    let before = try encoder.initSegment()
    _ = try encoder.encode(.silence(channels: 2, count: 9000), at: 0)
    #expect(try encoder.initSegment() == before)
    #expect(try AudioEncoder(AudioEncoderSettings()).initSegment() == before)
    #expect(try AudioEncoder(AudioEncoderSettings(channels: 1)).initSegment() != before)
  }

  @Test("the configuration of copied audio is in the header unchanged")
  func passedThrough() throws {
    let bytes: [UInt8] = [0x12, 0x10, 0x56, 0xE5, 0x00]
    let configuration = try #require(AudioSpecificConfig(bytes))
    let header = try configuration.header(AudioEncoderSettings(sampleRate: 44_100))
    #expect(Self.specificInfo(try #require(Box.at("\(Self.path)/esds", in: header))) == bytes)
    #expect(try #require(Box.at("moov/trak/mdia/mdhd", in: header)).number(12, 4) == 44_100)
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let bytes: [UInt8]
    let type: Int
    let rate: Int32
    let channels: Int
    let isPlain: Bool
    var testDescription: String { "\(bytes)" }
  }

  @Test(
    "object type, sample rate and channels are parsed, ISO/IEC 14496-3 §1.6.2.1",
    arguments: [
      Row(bytes: [0x11, 0x90], type: 2, rate: 48_000, channels: 2, isPlain: true),
      Row(bytes: [0x12, 0x08], type: 2, rate: 44_100, channels: 1, isPlain: true),
      // frameLengthFlag: 960 samples.
      Row(bytes: [0x11, 0x94], type: 2, rate: 48_000, channels: 2, isPlain: false),
      // HE-AAC: explicit spectral band replication of a 24 kHz core.
      Row(bytes: [0x2B, 0x11, 0x88, 0x00], type: 5, rate: 24_000, channels: 2, isPlain: false),
      // An explicit rate of 50,000 Hz (24 bits), 7.1.
      Row(
        bytes: [0x17, 0x80, 0x61, 0xA8, 0x38], type: 2, rate: 50_000, channels: 8, isPlain: true),
      // USAC: the escape of the object type, 32 + 10.
      Row(
        bytes: [0xF9, 0x46, 0x40], type: 42, rate: 48_000, channels: 2, isPlain: false),
    ])
  func configuration(row: Row) throws {
    let read = try #require(AudioSpecificConfig(row.bytes))
    #expect(read.objectType == row.type && read.sampleRate == row.rate)
    #expect(read.channels == row.channels && read.isPlainAAC == row.isPlain)
    #expect(read.codecString == "mp4a.40.\(row.type)")
  }

  @Test("the duration of a frame: 1024 or 960 samples of the core codec, half with low delay")
  func frameDurations() throws {
    for (bytes, samples, rate) in [
      ([0x11, 0x90], 1024, 48_000), ([0x11, 0x94], 960, 48_000),
      // HE-AAC: a core of 8 kHz and an extension of 16 kHz, whose index begins with a set bit.
      ([0x2D, 0x94, 0x08, 0x00], 1024, 8000),
      // AAC-LD.
      ([0xB9, 0x90], 512, 48_000),
    ] as [([UInt8], Int64, Int64)] {
      let read = try #require(AudioSpecificConfig(bytes))
      #expect(read.frameDuration == Interval(ticks: samples, timescale: rate), "\(bytes)")
    }
  }

  @Test(
    "a truncated configuration and reserved values are refused",
    arguments: [
      [], [0x11], [0x16, 0x90], [0x16, 0xE8], [0x01, 0x90], [0x17, 0x80], [0x11, 0xC0],
    ]
      as [[UInt8]])
  func malformed(bytes: [UInt8]) { #expect(AudioSpecificConfig(bytes) == nil) }

  /// An AudioSpecificConfig of AAC-LC, stereo, with an explicit sample rate.
  static func explicit(_ rate: UInt32) -> [UInt8] {
    // Five bits of type 2, four bits of index 15, 24 bits of rate, four bits of channels 2.
    let bits = UInt64(2) << 59 | 15 << 55 | UInt64(rate) << 31 | 2 << 27
    return (0..<6).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * $0)) }
  }

  @Test(
    "AAC at a rate without an index cannot be copied",
    arguments: [48_000, 44_100, 16_000, 96_000, 20_000, 16_777_215, 17_000, 1, 8000])
  func copyable(rate: UInt32) throws {
    let isCopyable = [48_000, 44_100, 16_000, 96_000].contains(rate)
    let configuration = Self.explicit(rate)
    let read = try #require(AudioSpecificConfig(configuration))
    #expect(read.sampleRate == Int32(rate) && read.isPlainAAC && read.channels == 2)
    let audio = InputDescription.Audio(
      codec: "aac", sampleRate: Int(rate), channels: 2, configuration: configuration)
    #expect((audio.passable != nil) == isCopyable)
    if let passable = audio.passable {
      _ = try AudioEncoder(
        AudioEncoderSettings(sampleRate: passable.sampleRate, channels: passable.channels))
    }
  }
}
