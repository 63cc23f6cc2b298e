// SPDX-License-Identifier: Apache-2.0

import CMAF
import Media
import TestSupport
import Testing

@testable import Capture

@Suite("FLAC, RFC 9639")
struct FLACStreamInfoTests {
  /// STREAMINFO of 44.1 kHz, stereo, 24 bits, with facts of a file.
  private static let info: [UInt8] =
    [0x12, 0, 0x12, 0, 0, 0, 14, 0, 40, 0, 0x0A, 0xC4, 0x43, 0x70, 0, 0, 0, 99]
    + [UInt8](repeating: 7, count: 16)

  @Test("STREAMINFO is read, alone or after the marker, and written without facts of a file")
  func configuration() throws {
    let found = try #require(FLACStreamInfo(Self.info))
    #expect(found.samplesPerFrame == 4608 && found.sampleRate == 44_100)
    #expect(found.channels == 2 && found.bits == 24 && found.bitrateKilobits == 2116)
    #expect(FLACStreamInfo(Array("fLaC".utf8) + [0x80, 0, 0, 34] + Self.info) == found)
    #expect(found.bytes.count == 34 && found.bytes.prefix(4) == Self.info.prefix(4))
    #expect(found.bytes[10..<13] == Self.info[10..<13] && found.bytes[13] == 0x70)
    #expect(found.bytes.dropFirst(14).allSatisfy { $0 == 0 })
    let movie = try MovieHeader(header: found.header(AudioEncoderSettings(sampleRate: 44_100)))
    #expect(movie.entry.type == "fLaC" && movie.entry.channels == 2)
    #expect(movie.entry.sampleRate == 44_100 && movie.entry.setup.suffix(34) == found.bytes[...])
    #expect(try movie.entry.codecs() == "fLaC")
  }

  @Test("silence is a frame that libavcodec decodes", arguments: [1, 2, 6], [256, 4608])
  func silence(channels: Int, length: Int) throws {
    let track = FLACStreamInfo(
      samplesPerFrame: Int64(length), sampleRate: 48_000, channels: channels)
    #expect(FLACStreamInfo.samples(of: track.silence) == Int64(length))
    var decoder = try AudioDecoder(
      codec: "flac", extradata: track.bytes, sampleRate: 48_000, channels: channels)
    let decoded = try decoder.decode(track.silence, pts: 0)
    #expect(decoded.count == 1 && decoded[0].audio.channels == channels)
    #expect(decoded[0].audio.count == length && decoded[0].sampleRate == 48_000)
    #expect(decoded[0].audio.planes.allSatisfy { $0.allSatisfy { $0 == 0 } })
  }

  @Test("the checks of frames are those of the catalogue of checks")
  func checks() {
    // CRC-8/SMBUS and CRC-16/UMTS of the usual nine digits.
    let digits = Array("123456789".utf8)
    #expect(FLACStreamInfo.check(digits, polynomial: 0x07, bits: 8) == 0xF4)
    #expect(FLACStreamInfo.check(digits, polynomial: 0x8005, bits: 16) == 0xFEE8)
  }

  @Test("the length of a frame is read in each form")
  func lengths() {
    func samples(_ code: UInt8, _ rest: [UInt8]) -> Int64 {
      FLACStreamInfo.samples(of: [0xFF, 0xF8, code << 4, 0x10] + rest)
    }
    #expect((1...5).map { samples($0, [0]) } == [192, 576, 1152, 2304, 4608])
    #expect((8...15).map { samples($0, [0]) } == (8...15).map { 1 << $0 })
    #expect(samples(6, [5, 191]) == 192 && samples(7, [5, 0x11, 0xFF]) == 4608)
    // A number of three bytes.
    #expect(samples(6, [0xE0, 0x80, 0x80, 191]) == 192)
    for rest in [[], [5], [0xE0, 0x80], [0xFF, 0xFF]] as [[UInt8]] {
      #expect(samples(7, rest) == 0)
    }
    #expect(FLACStreamInfo.samples(of: [0xFF, 0xF0, 0x10, 0, 0]) == 0)
    #expect(samples(0, [0]) == 0)
  }

  @Test("malformed configurations, and frames of several lengths, are refused")
  func malformed() {
    #expect(FLACStreamInfo([]) == nil && FLACStreamInfo(Array("fLaC".utf8)) == nil)
    for (index, value) in [(2, 0x13), (0, 0), (10, 0), (10, 0xFF), (13, 0x00), (12, 0x42)] {
      var bytes = Self.info
      bytes[index] = UInt8(value)
      if index == 0 { bytes[2] = UInt8(value) }
      if (index, value) == (13, 0) { bytes[12] = 0x42 }
      if (index, value) == (12, 0x42) { bytes[13] = 0x10 }
      #expect(FLACStreamInfo(bytes) == nil, "byte \(index)")
    }
    for count in 0..<34 { #expect(FLACStreamInfo(Array(Self.info.prefix(count))) == nil) }
  }
}
