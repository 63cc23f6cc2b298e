// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import Sharing
import TestSupport
import Testing

@Suite("The constants of a rendition")
struct TrackDescriptionTests {
  /// Vectors: draft-eastlake-fnv, appendix C.
  @Test(
    "the hash of the header is FNV-1a, eight digits",
    arguments: [("", "811c9dc5"), ("a", "e40c292c"), ("foobar", "bf9cf968")])
  func hash(header: String, hash: String) throws {
    let segmentation = Segmentation(
      rate: try #require(FrameRate(30)), segmentMicroseconds: 1, partMicroseconds: 1)
    let track = TrackDescription(
      rendition: "video", codecs: "avc1.64001f", bandwidth: 1_000_000,
      size: try #require(VideoSize(width: 640, height: 360)), segmentation: segmentation,
      header: Array(header.utf8))
    #expect(track.headerHash == hash)
    #expect(track.header.array == Array(header.utf8))
  }

  @Test("the hash keeps its zeros in front")
  func zeros() throws {
    let segmentation = Segmentation(
      rate: try #require(FrameRate(30)), segmentMicroseconds: 1, partMicroseconds: 1)
    let size = try #require(VideoSize(width: 640, height: 360))
    for byte in UInt8.min...UInt8.max {
      for second in UInt8.min...UInt8.max {
        let track = TrackDescription(
          rendition: "v", codecs: "", bandwidth: 1, size: size, segmentation: segmentation,
          header: [byte, second])
        guard track.headerHash.utf8.count != 8 else { continue }
        Issue.record("\(byte) \(second): \(track.headerHash)")
      }
    }
  }

  /// `avcC` with an SPS of the Baseline profile whose frame_mbs_only_flag has this value.
  private static func setup(framesOnly: Bool) -> [UInt8] {
    // Identifier 0, four bits of frame numbers, order type 2, one reference, no gaps, 20x15
    // macroblocks; then the flag, and the rest.
    let bits = "1" + "1" + "011" + "010" + "0" + "000010100" + "0001111" + (framesOnly ? "1" : "0")
    let digits = Array((bits + "110000").utf8)
    let bytes = stride(from: 0, to: 32, by: 8).map { start in
      digits[start..<start + 8].reduce(UInt8(0)) { $0 << 1 | ($1 & 1) }
    }
    let sps: [UInt8] = [0x67, 0x42, 0xC0, 0x0D] + bytes
    return [1, 0x42, 0xC0, 0x0D, 0xFF, 0xE1, 0, UInt8(sps.count)] + sps + [1, 0, 2, 0x68, 0xCE]
  }

  @Test("video is interlaced by its parameter sets: H.264 §7.4.2.1.1, H.265 §7.4.4")
  func scan() throws {
    let segmentation = Segmentation(
      rate: try #require(FrameRate(30)), segmentMicroseconds: 1, partMicroseconds: 1)
    let size = try #require(VideoSize(width: 320, height: 240))
    func isInterlaced(_ type: String, _ name: String, _ setup: [UInt8]) -> Bool {
      let entry = [UInt8](repeating: 0, count: 78) + HeaderBytes.box(name, setup)
      return TrackDescription(
        rendition: "video", codecs: "", bandwidth: 1, size: size, segmentation: segmentation,
        header: HeaderBytes.header(HeaderBytes.box(type, entry))
      ).isInterlaced
    }
    #expect(isInterlaced("avc1", "avcC", Self.setup(framesOnly: false)))
    #expect(!isInterlaced("avc1", "avcC", Self.setup(framesOnly: true)))
    #expect(!isInterlaced("avc1", "avcC", Array(Self.setup(framesOnly: false).prefix(10))))
    // general_progressive_source_flag and general_interlaced_source_flag.
    let rows: [(UInt8, Bool)] = [(0x40, true), (0x80, false), (0xC0, false), (0, false)]
    for (flags, expected) in rows {
      #expect(isInterlaced("hvc1", "hvcC", [1, 1, 0x60, 0, 0, 0, flags, 0, 0]) == expected)
    }
    #expect(!isInterlaced("vp09", "vpcC", [1, 0, 0, 0, 0, 0, 0x40]))
  }

  @Test("another header of the rendition keeps its label and its audience")
  func earlierHeader() throws {
    let segmentation = Segmentation(
      rate: try #require(FrameRate(30)), segmentMicroseconds: 1, partMicroseconds: 1)
    let track = TrackDescription(
      rendition: "audio-de", codecs: "mp4a.40.2", bandwidth: 1,
      content: .audio(channels: 2, isDefault: false), segmentation: .video(segmentation),
      header: [1], label: "Deutsch", purpose: .visualImpaired)
    let earlier = track.with(header: [2])
    #expect(earlier.label == "Deutsch" && earlier.purpose == .visualImpaired)
    #expect(earlier.headerHash != track.headerHash && earlier.content == track.content)
  }
}
