import HLSPackager
import Media
import Packaging
import TestSupport
import Testing

/// Segments of sound differ in how many parts they have: the version that answers a request follows from all before.
@Suite("Blocking Playlist Reload of sound, RFC 8216bis §6.2.5.2")
struct SoundReloadTests {
  @Test(
    "each part is waited for until it is there; beyond a segment's end the next one's first is meant"
  )
  func holds() throws {
    // 0.44 s are 20.625 AAC frames: four parts of five, and in most segments one of a single frame.
    let video = Cadence(
      rate: try #require(FrameRate("25")), segmentMicroseconds: 440_000, partMicroseconds: 100_000)
    let cadence = try #require(AudioCadence(following: video, sampleRate: 48_000))
    let first: Int64 = 4_079_899_364
    var sound = SyntheticSound(cadence, from: first)
    sound.goLive()
    sound.publish(segments: 4)
    sound.publish(parts: 2)
    let snapshot = sound.window.snapshot
    let control = ServerControl(cadences: [.video(video), .audio(cadence)])
    func decision(_ number: Int64, _ part: Int64?) throws -> BlockingReload {
      var directives = DeliveryDirectives()
      directives.mediaSequenceNumber = UInt64(number)
      directives.partIndex = part.map(UInt64.init)
      return BlockingReload.decide(
        directives, on: snapshot, control: control, names: MediaNames(.epoch, first: first))
    }
    let open = first + 4
    #expect(Set((open..<open + 40).map { cadence.parts(in: $0) }) == [4, 5])
    #expect(try decision(open, 1) == .answer)
    for part in 2..<cadence.parts(in: open) {
      #expect(try decision(open, part) == .hold(until: cadence.partsBefore(open) + part + 1))
    }
    let next = cadence.partsBefore(open + 1)
    for part in cadence.parts(in: open)...cadence.parts(in: open) + 2 {
      #expect(try decision(open, part) == .hold(until: next + 1))
    }
    #expect(try decision(open + 1, 0) == .hold(until: next + 1))
    #expect(try decision(open, nil) == .hold(until: next))
    #expect(try decision(open - 1, cadence.parts(in: open - 1)) == .answer)
    sound.publish(segments: 1)
    let ended = sound.window.snapshot
    #expect(ended.version == next)
  }
}
