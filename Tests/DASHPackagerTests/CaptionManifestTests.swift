// SPDX-License-Identifier: Apache-2.0

import DASHPackager
import Media
import Packaging
import TestSupport
import Testing
import Time

@Suite("AdaptationSets of captions, ISO/IEC 23009-1 §5.3.3")
struct CaptionManifestTests {
  private static let captions = ["en", "pt-BR"].compactMap { LanguageTag($0) }.enumerated()
    .map { CaptionTrack($1, isDefault: $0 == 0) }

  @Test(
    "each language has one with the numbers and times of the video", arguments: ManifestCase.all)
  func sets(row: ManifestCase) throws {
    var stream = try row.stream()
    stream.publish(segments: 3)
    let segmentation = stream.segmentation
    let manifest = Manifest(
      stream.window.snapshot, parameters: row.parameters(segmentation),
      names: row.names(segmentation), location: ManifestCase.location,
      publishTime: ManifestCase.publishTime, captions: Self.captions)
    let document = try XMLElement(document: try #require(manifest).text())
    for period in document.all("Period") {
      let sets = period.all("AdaptationSet")
      #expect(sets.map { $0["contentType"] } == ["video", "text", "text"])
      #expect(Set(sets.map { $0["id"] }).count == 3)
      let video = sets[0].all("SegmentTemplate")[0]
      for (set, track) in zip(sets.dropFirst(), Self.captions) {
        let template = set.all("SegmentTemplate")[0]
        for name in ["timescale", "duration", "startNumber", "presentationTimeOffset", "media"] {
          #expect(template[name] == video[name], "\(name)")
        }
        #expect(template["availabilityTimeOffset"] == nil, "texts are complete when available")
        let hash = TextHeader.hash(
          track.language.language, timescale: Int32(segmentation.grid.rate.timescale))
        #expect(template["initialization"] == "$RepresentationID$/init-\(hash).mp4")
        #expect(set["lang"] == track.language.text && set["mimeType"] == "application/mp4")
        #expect(set.all("Label").count == 1)
        let roles = track.isDefault ? ["caption", "main"] : ["caption"]
        #expect(set.all("Role").map { $0["value"] } == roles)
        let representation = set.all("Representation")[0]
        #expect(representation["id"] == track.rendition && representation["codecs"] == "wvtt")
      }
    }
  }

  @Test(
    "closed captions are named by channel and language, ANSI/SCTE 214-1 §7.2",
    arguments: ManifestCase.all)
  func withinThePictures(row: ManifestCase) throws {
    var stream = try row.stream()
    stream.publish(segments: 3)
    let segmentation = stream.segmentation
    let tracks = [
      ClosedCaptionTrack(.channel(1), language: LanguageTag("en")),
      ClosedCaptionTrack(.channel(3), language: LanguageTag("de")),
      ClosedCaptionTrack(.channel(4)), ClosedCaptionTrack(.service(2)),
    ]
    let manifest = Manifest(
      stream.window.snapshot, parameters: row.parameters(segmentation),
      names: row.names(segmentation), location: ManifestCase.location,
      publishTime: ManifestCase.publishTime, closedCaptions: tracks)
    let document = try XMLElement(document: try #require(manifest).text())
    for set in document.all("Period").flatMap({ $0.all("AdaptationSet") }) {
      let found = set.all("Accessibility").map { [$0["schemeIdUri"], $0["value"]] }
      #expect(
        found == [
          ["urn:scte:dash:cc:cea-608:2015", "CC1=eng;CC3=deu;CC4"],
          ["urn:scte:dash:cc:cea-708:2015", "2=lang:und"],
        ])
    }
  }
}
