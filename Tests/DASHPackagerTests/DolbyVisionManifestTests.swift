// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import TestSupport
import Testing

@Suite("Dolby Vision in MPDs, ANSI/SCTE 214-1 §11.1.6")
struct DolbyVisionManifestTests {
  @Test("a compatible base layer is in codecs, the profile and its brand are beside it")
  func supplement() throws {
    let stream = try ManifestCase().stream()
    let snapshot = stream.window.snapshot
    let base = try #require(snapshot.track)
    func representation(_ colour: ColourDescription?, _ record: [UInt8]) throws -> XMLElement {
      let track = TrackDescription(
        rendition: "hdr", codecs: "hvc1.2.4.L93.90", bandwidth: 851_458,
        size: try #require(base.size), segmentation: base.segmentation.video,
        header: HeaderBytes.video(colour, dolbyVision: DolbyVision(record: record)))
      let manifest = try XMLElement(
        document: try ManifestCase().text(of: snapshot, tracks: [track]))
      #expect(ManifestRules.faults(of: manifest).isEmpty)
      return try #require(manifest.everything.first { $0.name == "Representation" })
    }
    let rest = [UInt8](repeating: 0, count: 19)
    let found = try representation(
      ColourDescription(primaries: 9, transfer: 18, matrix: 9, isFullRange: false),
      [1, 0, 8 << 1, 9 << 3 | 5, 4 << 4] + rest)
    #expect(found["codecs"] == "hvc1.2.4.L93.90")
    #expect(found["scte214:supplementalCodecs"] == "dvh1.08.09")
    #expect(found["scte214:supplementalProfiles"] == "db4h")
    #expect(found["xmlns:scte214"] == "urn:scte:dash:scte214-extensions")
    let other = try representation(nil, [1, 0, 8 << 1, 9 << 3 | 5, 0] + rest)
    #expect(other["scte214:supplementalCodecs"] == nil && other["xmlns:scte214"] == nil)
  }
}
