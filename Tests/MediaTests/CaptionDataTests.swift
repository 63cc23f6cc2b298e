// SPDX-License-Identifier: Apache-2.0

import Media
import TestSupport
import Testing

@Suite("Captions in SEI messages, ATSC A/53 Part 4 §6.2.3")
struct CaptionDataTests {
  private static let head: [UInt8] = [0xB5, 0, 0x31] + Array("GA94".utf8)

  /// The message of type 4 with these triplets, and its size.
  private func message(_ triplets: [UInt8], flags: UInt8? = nil) -> [UInt8] {
    let flags = flags ?? 0x40 | UInt8(triplets.count / 3)
    let body: [UInt8] = Self.head + [3, flags, 0xFF] + triplets + [0xFF]
    return [4, UInt8(body.count)] + body
  }

  @Test("valid triplets are read, after other messages, in units of H.264 and HEVC")
  func triplets() throws {
    let captions = message([0xFC, 0x94, 0x20, 0xF8, 0x80, 0x80, 0xFD, 0x15, 0x2C])
    let other: [UInt8] = [0xFF, 0x01, 2, 9, 9]
    let found = try #require(CaptionData(unit: ([6] + other + captions + [0x80])[...], .h264))
    // The second triplet is not valid.
    let bytes = found.triplets.map { [$0.kind, $0.first, $0.second] }
    #expect(bytes == [[0, 0x94, 0x20], [1, 0x15, 0x2C]])
    #expect(CaptionData(unit: ([0x4E, 1] + captions + [0x80])[...], .hevc) == found)
  }

  @Test("bytes that prevent start codes are removed")
  func emulationPrevention() throws {
    let plain = message([0xFC, 0, 0, 0xFC, 1, 0x80])
    var escaped: [UInt8] = []
    for byte in plain {
      if escaped.suffix(2) == [0, 0], byte <= 3 { escaped.append(3) }
      escaped.append(byte)
    }
    let found = try #require(CaptionData(unit: ([6] + escaped + [0x80])[...], .h264))
    #expect(found.triplets.map(\.first) == [0, 1])
  }

  @Test("other messages, and such without captions, are none")
  func none() {
    let captions = message([0xFC, 0x94, 0x20])
    let unflagged = message([0xFC, 0x94, 0x20], flags: 0x01)
    #expect(CaptionData(unit: ([6] + unflagged + [0x80])[...], .h264) == nil)
    #expect(CaptionData(unit: ([6] + message([]) + [0x80])[...], .h264) == nil)
    for place in 2..<10 {
      var other = captions
      other[place] ^= 1
      #expect(CaptionData(unit: ([6] + other + [0x80])[...], .h264) == nil)
    }
    #expect(CaptionData(unit: ([])[...], .h264) == nil)
  }

  @Test("a unit that is cut anywhere, or random, has at most its own triplets")
  func anyBytes() {
    let unit = [6] + message([0xFC, 0x94, 0x20, 0xFD, 0x41, 0x42])
    for count in 0...unit.count {
      let found = CaptionData(unit: (Array(unit.prefix(count)))[...], .h264)
      #expect(found == nil || found?.triplets.count == 2)
    }
    var random = SplitMix64(seed: 7)
    for _ in 0..<2000 {
      let bytes = (0..<Int.random(in: 0..<64, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      _ = CaptionData(unit: (unit.prefix(4) + bytes)[...], .h264)
    }
  }
}
