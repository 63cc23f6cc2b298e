// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import TestSupport
import Testing

@Suite("The scan type of video, ISO/IEC 23009-1 §5.3.7.2")
struct ScanTypeTests {
  @Test("interlaced video is named; other video is not", arguments: [true, false])
  func interlaced(_ isInterlaced: Bool) throws {
    let stream = try ManifestCase().stream()
    let snapshot = stream.window.snapshot
    let base = try #require(snapshot.track)
    let flags: UInt8 = isInterlaced ? 0x40 : 0x80
    let track = TrackDescription(
      rendition: "other", codecs: "hvc1.1.6.L93.\(isInterlaced ? "40" : "80")", bandwidth: 851_458,
      size: try #require(base.size), segmentation: base.segmentation.video,
      header: HeaderBytes.video(nil, setup: [1, 1, 0x60, 0, 0, 0, flags, 0, 0, 0, 0, 0, 93]))
    let manifest = try XMLElement(
      document: try ManifestCase().text(of: snapshot, tracks: [track]))
    #expect(ManifestRules.faults(of: manifest).isEmpty)
    let found = try #require(manifest.everything.first { $0.name == "Representation" })
    #expect(found["scanType"] == (isInterlaced ? "interlaced" : nil))
  }
}
