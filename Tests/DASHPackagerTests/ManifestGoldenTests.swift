// SPDX-License-Identifier: Apache-2.0

import DASHPackager
import Media
import Packaging
import TestSupport
import Testing
import Time

@Suite("MPDs as text, ISO/IEC 23009-1 §5")
struct ManifestGoldenTests {
  @Test("without history, after the first second: the window is as long as the stream is old")
  func firstSecond() throws {
    let form = ManifestCase(prefill: 0)
    var stream = try form.stream()
    stream.publish(segments: 1)
    Golden.expect(try form.text(of: stream.window.snapshot), equals: "first-second.mpd")
  }

  @Test("a restarted server goes on with the same MPD")
  func restart() throws {
    let form = ManifestCase()
    var stream = try form.stream()
    Golden.expect(try form.text(of: stream.window.snapshot), equals: "running.mpd")
    stream.publish(segments: 3)
    var again = try form.stream()
    again.publish(segments: 40)
    #expect(try form.text(of: again.window.snapshot) == form.text(of: stream.window.snapshot))
  }

  @Test("the wall clock stepped: a new Period that carries the offset")
  func discontinuity() throws {
    let form = ManifestCase(delay: 1)
    var stream = try form.stream()
    stream.publish(frames: 70)
    stream.skip(2, offset: 350_000_000)
    stream.publish(frames: 31)
    Golden.expect(try form.text(of: stream.window.snapshot), equals: "discontinuity.mpd")
  }

  @Test("ended in mid-segment: static, from the first listed segment on")
  func ended() throws {
    let form = ManifestCase()
    var stream = try form.stream()
    stream.publish(frames: 40)
    stream.window.end()
    Golden.expect(try form.text(of: stream.window.snapshot), equals: "ended.mpd")
  }

  @Test("30000/1001: availabilityStartTime is one segment of 1.001 s")
  func ntsc() throws {
    let form = ManifestCase(rate: "30000/1001")
    Golden.expect(try form.text(of: form.stream().window.snapshot), equals: "ntsc.mpd")
  }

  @Test("numbered run: the Period begins with number 1")
  func run() throws {
    let form = ManifestCase(numbering: .run)
    let snapshot = try form.stream().window.snapshot
    Golden.expect(try form.text(of: snapshot), equals: "run.mpd")
  }

  @Test("the past: the depth, a constant rate and the thumbnails are all that differs")
  func past() throws {
    let form = ManifestCase()
    let snapshot = try form.stream().window.snapshot
    let text = try form.text(of: snapshot, depth: .seconds(14_400))
    let live = try form.text(of: snapshot).split(separator: "\n")
    let changed = text.split(separator: "\n").filter { !live.contains($0) }
    #expect(changed.count == 6)
    #expect(changed[0].contains("timeShiftBufferDepth=\"PT14400S\""))
    #expect(changed[1].contains("PlaybackRate min=\"1\" max=\"1\""))
    #expect(
      changed[2...].joined(separator: "\n") == """
            <AdaptationSet id="2" contentType="image" mimeType="image/jpeg">
              <SegmentTemplate timescale="90000" duration="90000" startNumber="1" \
        presentationTimeOffset="90000" media="thumb/segment$Number$.jpg"/>
              <Representation id="thumb" bandwidth="115201" width="320" height="180">
                <EssentialProperty schemeIdUri="http://dashif.org/guidelines/thumbnail_tile" \
        value="1x1"/>
        """)
    #expect(try form.text(of: snapshot, depth: .seconds(5)).contains("Depth=\"PT10S\""))
    let editions = [nil, .seconds(60), Interval.seconds(120)].map {
      Manifest.Edition(snapshot, past: $0.map { ManifestPast(depth: $0) })
    }
    #expect(Set(editions).count == 3)
  }

  @Test("two renditions; at the root, with another host")
  func renditions() throws {
    let form = ManifestCase(target: 2_000_000)
    let snapshot = try form.stream().window.snapshot
    let segmentation = try #require(snapshot.track).segmentation.video
    func track(_ name: String, _ width: Int, _ height: Int, _ header: String) throws
      -> TrackDescription
    {
      TrackDescription(
        rendition: name, codecs: "avc1.42c01f", bandwidth: Int64(height) * 1000,
        size: try #require(VideoSize(width: width, height: height)), segmentation: segmentation,
        header: Array(header.utf8))
    }
    let tracks = [try track("720p", 1280, 720, "a"), try track("360p", 640, 360, "b")]
    let location = Manifest.Location(origin: "https://a'b&c.example", base: "live/")
    Golden.expect(
      try form.text(of: snapshot, tracks: tracks, location: location), equals: "renditions.mpd")
  }

  @Test("audio for some listeners has a label, roles and its purpose")
  func audioTracks() throws {
    let form = ManifestCase(target: 2_000_000)
    let snapshot = try form.stream().window.snapshot
    let track = try #require(snapshot.track)
    let segmentation = try #require(
      AudioSegmentation(following: track.segmentation.video, sampleRate: 48_000))
    let audio = TrackDescription(
      rendition: "audio", codecs: "mp4a.40.2", bandwidth: 156_000, averageBandwidth: 143_000,
      content: .audio(channels: 2, isDefault: false), segmentation: .audio(segmentation),
      header: Array("sound".utf8), label: "Deutsch <1>", purpose: .visualImpaired)
    Golden.expect(
      try form.text(of: snapshot, tracks: [track, audio]), equals: "audio-tracks.mpd")
  }

  @Test("DM-11, DM-17, DM-18: audio has a set of its own, with its own times")
  func audio() throws {
    let form = ManifestCase(target: 2_000_000)
    let snapshot = try form.stream().window.snapshot
    let track = try #require(snapshot.track)
    let segmentation = try #require(
      AudioSegmentation(following: track.segmentation.video, sampleRate: 48_000))
    let text = try form.text(
      of: snapshot, tracks: [track, SyntheticAudio.description(segmentation)])
    Golden.expect(text, equals: "audio.mpd")
    // A second less two AAC frames (0.04266…) and 20 ms, rounded down.
    #expect(text.contains("availabilityTimeOffset=\"0.937\""))
  }

  @Test("44.1 kHz beside 30000/1001: a segment is no whole number of samples, but of video ticks")
  func oddAudio() throws {
    let form = ManifestCase(rate: "30000/1001")
    let snapshot = try form.stream().window.snapshot
    let track = try #require(snapshot.track)
    let segmentation = try #require(
      AudioSegmentation(following: track.segmentation.video, sampleRate: 44_100))
    let text = try form.text(
      of: snapshot, tracks: [track, SyntheticAudio.description(segmentation)])
    let templates = text.split(separator: "\n").filter { $0.contains("<SegmentTemplate") }
    #expect(templates.count == 2)
    #expect(templates.allSatisfy { $0.contains("timescale=\"90000\" duration=\"90090\"") })
    #expect(text.contains("audioSamplingRate=\"44100\""))
    // 2048 samples of 44.1 kHz are 4179.59 ticks.
    #expect(text.contains("<Resync type=\"0\" dT=\"4180\"/>"))
  }

  @Test(
    "DM-14: segments with variable duration are listed, the open one with its minimum duration"
  )
  func variableDuration() throws {
    let form = ManifestCase()
    var stream = SyntheticStream(.thirty, maximumGroupTime: 4_000_000)
    stream.window.goLive()
    for group: Int64 in [20, 44, 33, 30, 12] { stream.publish(group: group) }
    stream.window.announce(offset: 350_000_000, skipped: 0)
    for group: Int64 in [20, 40, 7] { stream.publish(group: group) }
    let text = try form.text(of: stream.window.snapshot)
    Golden.expect(text, equals: "variable-duration.mpd")
    let manifest = try XMLElement(document: text)
    #expect(ManifestRules.faults(of: manifest).isEmpty)
    let lengths = manifest.everything.filter { $0.name == "S" }.compactMap { $0["d"] }
    #expect(lengths == [64, 33, 30, 32, 40, 30].map { "\($0 * 3000)" })
    #expect(text.contains("maxSegmentDuration=\"PT5.1S\""))
  }

  @Test("an MPD with a SegmentTimeline changes when a segment begins, not before")
  func freeEditions() {
    var stream = SyntheticStream(.thirty, maximumGroupTime: 4_000_000)
    stream.window.goLive()
    stream.publish(group: 64)
    stream.publish(group: 10)
    let edition = Manifest.Edition(stream.window.snapshot)
    stream.publish(more: 25)
    #expect(Manifest.Edition(stream.window.snapshot) == edition)
    stream.publish(group: 1)
    #expect(Manifest.Edition(stream.window.snapshot) != edition)
  }

  @Test("a window without a complete segment has no MPD: the first one ever answered is complete")
  func none() throws {
    let form = ManifestCase(prefill: 0)
    var stream = try form.stream()
    stream.publish(frames: 29)
    let manifest = { (snapshot: WindowSnapshot) in
      Manifest(
        snapshot, parameters: form.parameters(stream.segmentation),
        names: MediaNames(.epoch, first: 1),
        location: ManifestCase.location, publishTime: 0)
    }
    #expect(manifest(stream.window.snapshot) == nil)
    stream.publish(frames: 1)
    #expect(manifest(stream.window.snapshot) != nil)
  }
}
