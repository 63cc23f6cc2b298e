// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import Sharing
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
