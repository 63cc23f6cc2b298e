// SPDX-License-Identifier: Apache-2.0

import CMAF
import Media
import Sharing
import TestSupport
import Testing
import Time

@testable import Packaging

@Suite("The caption services of pictures, CTA-608-E, CTA-708-E")
struct CaptionServicesTests {
  /// Data with these triplets.
  private func data(_ triplets: [(kind: UInt8, UInt8, UInt8)]) throws -> CaptionData {
    let bytes = triplets.flatMap { [0xFC | $0.kind, $0.1, $0.2] }
    let head: [UInt8] = [0xB5, 0, 0x31] + Array("GA94".utf8)
    let body = head + [3, 0x40 | UInt8(triplets.count), 0xFF] + bytes + [0xFF]
    return try #require(
      CaptionData(unit: ([6, 4, UInt8(body.count)] + body + [0x80])[...], .h264))
  }

  private func seen(_ triplets: [(kind: UInt8, UInt8, UInt8)]) throws -> Set<CaptionService> {
    var services = CaptionServices()
    for triplet in triplets { services.take(try data([triplet])) }
    return services.seen
  }

  @Test("a channel is seen with its first character after a command of captions")
  func channels() throws {
    #expect(try seen([(0, 0x94, 0x20), (0, 0xC1, 0xC2)]) == [.channel(1)])
    #expect(try seen([(0, 0x1C, 0x25), (0, 0xC1, 0xC2)]) == [.channel(2)])
    #expect(try seen([(1, 0x15, 0x29), (1, 0xC1, 0xC2)]) == [.channel(3)])
    #expect(try seen([(1, 0x1D, 0x27), (1, 0x41, 0)]) == [.channel(4)])
    #expect(
      try seen([(0, 0x94, 0x20), (1, 0x15, 0x20), (0, 0x41, 0), (1, 0x42, 0)])
        == [.channel(1), .channel(3)])
  }

  @Test("padding, codes alone, text services and program information are no captions")
  func noChannels() throws {
    #expect(try seen([(0, 0x80, 0x80), (1, 0x80, 0x80)]).isEmpty)
    #expect(try seen([(0, 0x94, 0x20), (0, 0x94, 0x2F), (0, 0x94, 0x70)]).isEmpty)
    #expect(try seen([(0, 0xC1, 0xC2)]).isEmpty)
    #expect(try seen([(0, 0x94, 0x2A), (0, 0xC1, 0xC2)]).isEmpty)
    #expect(try seen([(1, 0x15, 0x20), (1, 0x01, 0x03), (1, 0x41, 0x42)]).isEmpty)
  }

  @Test("a row of the other channel changes the receiver")
  func interleaved() throws {
    #expect(try seen([(0, 0x14, 0x20), (0, 0x1C, 0x70), (0, 0x41, 0)]) == [.channel(2)])
  }

  @Test("a service of CEA-708 is seen with a character, also one above 6, over several pictures")
  func services() throws {
    // A packet of 5 bytes: service 1, two characters; then a null block.
    #expect(try seen([(3, 0x03, 0x22), (2, 0x41, 0x42), (2, 0, 0)]) == [.service(1)])
    // Service 9: number 7 and the extended number.
    #expect(try seen([(3, 0x03, 0xE1), (2, 0x09, 0x41), (2, 0, 0)]) == [.service(9)])
    #expect(try seen([(3, 0x03, 0x22), (2, 0x03, 0x04), (2, 0, 0)]).isEmpty)
    #expect(try seen([(2, 0x41, 0x42), (3, 0x3F, 0x3F)]).isEmpty)
  }

  @Test("any triplets are harmless, and a packet has at most 127 bytes")
  func anyTriplets() throws {
    var random = SplitMix64(seed: 3)
    var services = CaptionServices()
    for _ in 0..<20_000 {
      func byte() -> UInt8 { UInt8.random(in: 0...255, using: &random) }
      services.take(try data([(byte() & 3, byte(), byte())]))
    }
    #expect(services.seen.allSatisfy { CaptionService($0.name) == $0 })
  }

  @Test("names are those of INSTREAM-ID")
  func names() {
    #expect(CaptionService.channel(4).name == "CC4" && CaptionService("SERVICE63") == .service(63))
    for bad in ["CC0", "CC5", "CC", "CC01", "SERVICE64", "SERVICE0", "cc1", ""] {
      #expect(CaptionService(bad) == nil)
    }
  }

  @Test("the newest chunk of a window is read: its channel follows the declared ones")
  func window() throws {
    let segmentation = Segmentation(
      rate: try #require(FrameRate("30")), segmentMicroseconds: 1_000_000,
      partMicroseconds: 100_000)
    let window = LiveWindow(segmentation: .video(segmentation), playlistLength: 3, retained: 5)
    window.describe(
      TrackDescription(
        rendition: "video", codecs: "avc1.64001f", bandwidth: 1,
        size: try #require(VideoSize(width: 640, height: 360)),
        segmentation: segmentation, header: []))
    window.goLive()
    let declared = ClosedCaptionTrack(.channel(1), language: LanguageTag("en"))
    let captions = ClosedCaptions([declared])
    let pairs: [[(kind: UInt8, UInt8, UInt8)]] = [
      [(0, 0x14, 0x20), (1, 0x15, 0x20)], [(0, 0x41, 0x42), (1, 0x41, 0x42)],
    ]
    for (index, triplets) in pairs.enumerated() {
      let bytes = triplets.flatMap { [0xFC | $0.kind, $0.1, $0.2] }
      let body: [UInt8] =
        [0xB5, 0, 0x31] + Array("GA94".utf8) + [3, 0x42, 0xFF] + bytes + [0xFF]
      let unit: [UInt8] = [6, 4, UInt8(body.count)] + body + [0x80]
      let sample = Sample(
        payload: [0, 0, 0, UInt8(unit.count)] + unit + [0, 0, 0, 2, 0x65, 1],
        decodeTime: Int64(index) * 1000, duration: 1000, captured: .origin, sequence: 1,
        isSync: index == 0)
      window.publish(
        Chunk(
          frameIndex: Int64(index), isIndependent: index == 0, duration: 1000, captured: .origin,
          published: .origin, bytes: ChunkWriter().chunk(sample, startsSegment: index == 0)))
      captions.read(window.snapshot)
    }
    #expect(captions.tracks == [declared, ClosedCaptionTrack(.channel(3))])
  }
}
