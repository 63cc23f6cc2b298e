import DASHPackager
import Media
import Packaging
import Sharing
import TestSupport
import Testing

@Suite("A Period of sound names the CMAF header of its run, ISO/IEC 23009-1 §5.3.9.4")
struct SoundHeaderTests {
  @Test("sound that comes back with other channels, a little after its pictures")
  func another() throws {
    var stream = SyntheticStream(.thirty, playlistLength: 12)
    stream.goLive(history: 4)
    let cadence = try #require(AudioCadence(following: stream.cadence, sampleRate: 48_000))
    let begun = stream.cadence.segment(of: stream.next)
    var sound = SyntheticSound(cadence, from: begun - 4)
    sound.publish(segments: 4)
    sound.goLive()
    let first = stream.cadence.firstFrame(of: begun)
    stream.window.begin(
      (0..<30).map { SyntheticStream.chunk(first + $0, stream.cadence) }, offset: 250_000_000,
      skipped: 0)
    let text = { () throws in
      let manifest = Manifest(
        stream.window.snapshot,
        tracks: [stream.window, sound.window].compactMap(\.snapshot.track),
        sound: sound.window.snapshot,
        terms: PresentationTerms(
          name: "live", cadence: stream.cadence, targetLatencyMicroseconds: 1_000_000,
          inputDelay: 0),
        names: MediaNames(.epoch, first: 1), place: ManifestCase.place, publishTime: 0)
      return try #require(manifest).text()
    }
    let before = Manifest.Edition(stream.window.snapshot, sound: sound.window.snapshot)
    let old = try #require(sound.window.snapshot.track).headerHash
    let track = TrackDescription(
      rendition: "audio", codecs: "mp4a.40.2", bandwidth: 156_000, content: .sound(channels: 1),
      cadence: .audio(cadence), header: Array("mono".utf8))
    let frame = cadence.firstFrame(of: begun)
    let chunk = Chunk(
      frame: frame, frames: 5, isIndependent: true, duration: cadence.ticks(5),
      captured: cadence.nanoseconds(frame), published: 0, bytes: SharedBytes("mono"))
    sound.window.begin([chunk], offset: 250_000_000, skipped: 0, track: track)
    let edition = Manifest.Edition(stream.window.snapshot, sound: sound.window.snapshot)
    #expect(edition != before, "an MPD that was made before the sound began names the old header")
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
