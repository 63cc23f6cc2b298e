// SPDX-License-Identifier: Apache-2.0

import CMAF
import Media
import TestSupport
import Testing
import Time

@testable import Capture

@Suite("AC-3 and E-AC-3, ETSI TS 102 366")
struct DolbyTests {
  private static let start = SourceTime(nanoseconds: 1_000_000_000)

  /// A frame of E-AC-3 with this content of its header: 48 kHz, bsid 16.
  private static func enhanced(
    type: Int = 0, substream: Int = 0, size: Int = 64, blocks code: Int = 3, acmod: Int = 7,
    lfe: Int = 1, map: Int? = nil
  ) -> [UInt8] {
    var bits = String(UInt32(0x0B77_0000 | type << 14 | substream << 11 | size / 2 - 1), radix: 2)
    bits = String(repeating: "0", count: 32 - bits.count) + bits
    func put(_ value: Int, _ count: Int) {
      let digits = String(value, radix: 2)
      bits += String(repeating: "0", count: count - digits.count) + digits
    }
    for (value, count) in [(0, 2), (code, 2), (acmod, 3), (lfe, 1), (16, 5), (31, 5), (0, 1)] {
      put(value, count)
    }
    put(map == nil ? 0 : 1, 1)
    put(map ?? 0, 16)
    while bits.count % 8 != 0 { bits += "1" }
    let digits = Array(bits)
    var frame = stride(from: 0, to: digits.count, by: 8).compactMap {
      UInt8(String(digits[$0..<$0 + 8]), radix: 2)
    }
    frame += (frame.count..<size).map { UInt8($0 & 0x7F) }
    return frame
  }

  @Test(
    "frames of libavcodec are read, and their configuration is that of its silence",
    arguments: [
      (false, 48_000, 6, 384), (false, 44_100, 2, 192), (false, 32_000, 1, 192),
      (true, 48_000, 6, 384), (true, 44_100, 2, 192), (true, 48_000, 5, 384),
    ] as [(Bool, Int32, Int, Int)])
  func silence(isEnhanced: Bool, rate: Int32, channels: Int, bitrate: Int) throws {
    let asked = DolbyConfiguration(isEnhanced: isEnhanced, sampleRate: rate, channels: channels)
    let bytes = try asked.silence()
    let frame = try #require(DolbyFrame(bytes[...]))
    #expect(frame.isEnhanced == isEnhanced && frame.size == bytes.count && frame.blocks == 6)
    let found = try #require(DolbyConfiguration([frame]))
    #expect(found.sampleRate == rate && found.channels == channels)
    #expect(abs(found.bitrateKilobits - bitrate) <= 1)
    #expect(DolbyConfiguration(found.bytes, isEnhanced: isEnhanced) == found)
    #expect(DolbyConfiguration.samples(of: bytes) == 1536)
    var decoder = try AudioDecoder(
      codec: isEnhanced ? "eac3" : "ac3", extradata: found.bytes, sampleRate: 0, channels: 0)
    let decoded = try decoder.decode(bytes, pts: 0)
    #expect(decoded.count == 1 && decoded[0].audio.channels == channels)
    #expect(decoded[0].audio.count == 1536 && decoded[0].sampleRate == rate)
    #expect(decoded[0].audio.planes.allSatisfy { $0.allSatisfy { abs($0) < 1e-4 } })
  }

  @Test("the box dac3 has the fields of the frame, also at other sizes of 44.1 kHz")
  func boxes() throws {
    // fscod 1, frmsizecod 29, bsid 8, bsmod 2, acmod 7, two levels, LFE.
    let header: [UInt8] = [0x0B, 0x77, 1, 2, 0x5D, 0x42, 0xE1, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    let frame = try #require(DolbyFrame(header[...]))
    // 384 kbit/s: 835.9 words, and one more.
    #expect(frame.size == 2 * 836 && frame.bitrateKilobits == 384)
    let found = try #require(DolbyConfiguration([frame]))
    #expect(found.channels == 6 && found.codecs == "ac-3")
    #expect(found.bytes == [0x50, 0xBD, 0xC0])
    let movie = try MovieHeader(
      header: found.header(AudioEncoderSettings(sampleRate: 44_100, language: Language("ger"))))
    #expect(movie.entry.type == "ac-3" && movie.timescale == 44_100)
    #expect(movie.entry.channels == 6 && movie.entry.sampleRate == 44_100)
    #expect(try movie.entry.codecs() == "ac-3" && Language(packed: movie.language).tag == "de")
  }

  @Test("dependent frames add channels; other programs are left out")
  func dependent() throws {
    // The surround channels at the back: bit 6 of the map.
    let added = Self.enhanced(type: 1, size: 32, acmod: 2, lfe: 0, map: 1 << 9)
    let unit = Self.enhanced() + added
    var splitter = DolbySplitter()
    let other = Self.enhanced(substream: 1) + added
    let found = splitter.take(unit + other + unit, pts: Self.start)
    #expect(found.map(\.bytes) == [unit, unit])
    #expect(found.map { ($0.pts - Self.start).nanoseconds } == [0, 32_000_000])
    let configuration = try #require(splitter.configuration)
    #expect(configuration.channels == 8 && configuration.isEnhanced)
    // One dependent substream, chan_loc 2.
    #expect(configuration.bytes.count == 6 && configuration.bytes.suffix(2) == [0x02, 0x02])
    #expect(DolbyConfiguration(configuration.bytes, isEnhanced: true) == configuration)
    // 64 and 32 bytes in 32 ms.
    #expect(configuration.bitrateKilobits == 24)
  }

  @Test("frames of fewer blocks are joined to units of six")
  func blocks() {
    let frames = (0..<7).map { Self.enhanced(size: 40 + 2 * $0, blocks: 1) }
    var splitter = DolbySplitter()
    let found = frames.enumerated().flatMap { index, frame in
      splitter.take(frame, pts: Self.start + Interval(ticks: Int64(512 * index), timescale: 48_000))
    }
    #expect(found.map(\.bytes) == [frames[0..<3].flatMap(\.self), frames[3..<6].flatMap(\.self)])
    #expect(found.map { ($0.pts - Self.start).nanoseconds } == [0, 32_000_000])
  }

  @Test("frames are found in any pieces, and after bytes that are none", arguments: 1...40)
  func pieces(size: Int) {
    let frames = (0..<5).map { Self.enhanced(size: 100 + 2 * $0) }
    let whole = [0x0B, 0x77, 0xFF, 0xFF] + frames.flatMap(\.self) + Self.enhanced().prefix(20)
    var splitter = DolbySplitter()
    let found = stride(from: 0, to: whole.count, by: size).flatMap { offset in
      splitter.take(Array(whole[offset..<min(offset + size, whole.count)]), pts: Self.start)
    }
    #expect(found.map(\.bytes) == frames)
  }

  @Test("a frame that began in an earlier payload is earlier than the time of the payload")
  func carried() {
    let frames = (0..<3).map { Self.enhanced(size: 100 + 2 * $0) }
    let whole = frames.flatMap(\.self)
    var splitter = DolbySplitter()
    #expect(splitter.take(Array(whole.prefix(150)), pts: Self.start).map(\.pts) == [Self.start])
    let later = Self.start + .milliseconds(64)
    let found = splitter.take(Array(whole.dropFirst(150)), pts: later)
    #expect(found.map { ($0.pts - later).nanoseconds } == [-32_000_000, 0])
  }

  @Test("a change of the bitrate alone does not change the configuration")
  func bitrates() throws {
    var splitter = DolbySplitter()
    _ = splitter.take(Self.enhanced(size: 100), pts: Self.start)
    let first = try #require(splitter.configuration)
    _ = splitter.take(Self.enhanced(size: 200), pts: Self.start)
    #expect(splitter.configuration == first)
    _ = splitter.take(Self.enhanced(size: 200, acmod: 2), pts: Self.start)
    #expect(splitter.configuration != first)
  }

  @Test("two programs in one frame, and half sample rates, are cut but give no configuration")
  func refused() {
    for frame in [Self.enhanced(acmod: 0), Self.enhanced().replacing(4, with: 0xCF)] {
      var splitter = DolbySplitter()
      #expect(splitter.take(frame, pts: Self.start).count == 1)
      #expect(splitter.configuration == nil)
    }
  }

  @Test(
    "malformed headers are none",
    arguments: [
      [], [0x0B], [0x0B, 0x77], enhanced().replacing(5, with: 0x48), enhanced(type: 3),
      enhanced(size: 14), enhanced().replacing(4, with: 0xFF), [0x0B, 0x77, 0, 0, 0xC0, 0x40],
      // frmsizecod 38.
      [0x0B, 0x77, 0, 0, 38, 0x40, 0x40] + [UInt8](repeating: 0, count: 20),
    ] as [[UInt8]])
  func malformed(bytes: [UInt8]) {
    #expect(DolbyFrame(bytes[...]) == nil)
    #expect(DolbyConfiguration.samples(of: bytes) == 0)
  }

  @Test("random bytes and configurations do not trap")
  func random() throws {
    var numbers = SplitMix64(seed: 26)
    let good = Self.enhanced() + Self.enhanced(type: 1, size: 32, map: 0xFFFF)
    for _ in 0..<20_000 {
      var bytes = good
      for _ in 0..<Int.random(in: 0...6, using: &numbers) {
        let index = Int.random(in: bytes.indices, using: &numbers)
        bytes[index] = .random(in: 0...255, using: &numbers)
      }
      bytes.removeLast(Int.random(in: 0..<bytes.count, using: &numbers))
      var splitter = DolbySplitter()
      _ = splitter.take(bytes, pts: Self.start)
      _ = DolbyConfiguration.samples(of: bytes)
      for isEnhanced in [false, true] {
        let found = DolbyConfiguration(Array(bytes.dropFirst(2)), isEnhanced: isEnhanced)
        _ = found?.header(AudioEncoderSettings())
      }
    }
  }
}

extension [UInt8] {
  fileprivate func replacing(_ index: Int, with value: UInt8) -> [UInt8] {
    var bytes = self
    bytes[index] = value
    return bytes
  }
}
