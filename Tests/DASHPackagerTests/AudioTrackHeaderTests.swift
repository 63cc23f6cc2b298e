// SPDX-License-Identifier: Apache-2.0

import DASHPackager
import Media
import Packaging
import Sharing
import TestSupport
import Testing
import Time

@Suite("A Period of audio names its own CMAF header, ISO/IEC 23009-1 §5.3.9.4")
struct AudioTrackHeaderTests {
  @Test("audio returns with other channels, slightly after video")
  func another() throws {
    var stream = SyntheticStream(.thirty, playlistLength: 12)
    stream.goLive(prefill: 4)
    let segmentation = try #require(
      AudioSegmentation(following: stream.segmentation, sampleRate: 48_000))
    let begun = stream.segmentation.segment(of: stream.next)
    var audio = SyntheticAudio(segmentation, from: begun - 4)
    audio.publish(segments: 4)
    audio.goLive()
    let first = stream.segmentation.firstFrame(of: begun)
    stream.window.begin(
      (0..<30).map { SyntheticStream.chunk(first + $0, stream.segmentation) }, offset: 250_000_000,
      skipped: 0)
    let text = { () throws in
      let manifest = Manifest(
        stream.window.snapshot,
        tracks: [stream.window, audio.window].compactMap(\.snapshot.track),
        audio: [audio.window.snapshot],
        parameters: PresentationParameters(
          name: "live", segmentation: stream.segmentation, targetLatency: .seconds(1),
          inputDelay: 0),
        names: MediaNames(.epoch, first: 1), location: ManifestCase.location, publishTime: 0)
      return try #require(manifest).text()
    }
    let before = Manifest.Edition(stream.window.snapshot, audio: [audio.window.snapshot])
    let old = try #require(audio.window.snapshot.track).headerHash
    let track = TrackDescription(
      rendition: "audio", codecs: "mp4a.40.2", bandwidth: 156_000, content: .audio(channels: 1),
      segmentation: .audio(segmentation), header: Array("mono".utf8))
    let frame = segmentation.firstFrame(of: begun)
    let chunk = Chunk(
      frameIndex: frame, frames: 5, isIndependent: true, duration: segmentation.ticks(5),
      captured: segmentation.frameTime(of: frame).wall, published: 0, bytes: SharedBytes("mono"))
    audio.window.begin([chunk], offset: 250_000_000, skipped: 0, track: track)
    let edition = Manifest.Edition(stream.window.snapshot, audio: [audio.window.snapshot])
    #expect(edition != before, "an MPD from before the start of audio names the old header")
    let manifest = try XMLElement(document: text())
    let sets = manifest.all("Period").map { period in
      period.all("AdaptationSet").filter { $0["contentType"] == "audio" }
    }
    #expect(sets.map(\.count) == [1, 1])
    let headers = sets.map { $0[0].all("SegmentTemplate")[0]["initialization"] }
    #expect(
      headers == [old, track.headerHash].map { "$RepresentationID$/init-\($0).mp4" })
    let channels = sets.map {
      $0[0].all("Representation")[0].all("AudioChannelConfiguration")[0]["value"]
    }
    #expect(channels == ["2", "1"])
  }
}
