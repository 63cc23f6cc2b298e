import Media
import Packaging
import TestSupport
import Testing

@Suite("A window of sound")
struct SoundWindowTests {
  static let first: Int64 = 1_795_155_720

  static func sound(_ rate: String, sampleRate: Int32 = 48_000) throws -> SyntheticSound {
    let video = Cadence(
      rate: try #require(FrameRate(rate)), segmentMicroseconds: 1_000_000,
      partMicroseconds: 100_000)
    let cadence = try #require(AudioCadence(following: video, sampleRate: sampleRate))
    var sound = SyntheticSound(cadence, from: first)
    sound.goLive()
    sound.publish(segments: 3)
    return sound
  }

  @Test(
    "versions count every part once; segments have the pictures' numbers and join without a hole",
    arguments: ["30", "30000/1001", "25", "24000/1001"], [48_000, 44_100] as [Int32])
  func parts(rate: String, sampleRate: Int32) throws {
    var sound = try Self.sound(rate, sampleRate: sampleRate)
    let cadence = sound.cadence
    var version = sound.window.snapshot.version
    #expect(version == cadence.partsBefore(Self.first + 3))
    for _ in 0..<40 {
      let hint = try #require(sound.window.snapshot.hint)
      sound.publish(parts: 1)
      let snapshot = sound.window.snapshot
      version += 1
      #expect(snapshot.version == version)
      let part = try #require(snapshot.lastListedPart)
      #expect((part.segment, part.index) == hint)
      #expect(version == cadence.partsBefore(part.segment) + part.index + 1)
      #expect(part.duration <= cadence.partTicks && part.isIndependent)
    }
    var next = cadence.firstFrame(of: Self.first)
    for segment in sound.window.snapshot.segments {
      #expect(segment.firstFrame == next)
      #expect(segment.duration == cadence.frames(in: segment.number) * 1024)
      #expect(segment.programDateTime == cadence.nanoseconds(next))
      // PL-05 of the parts: all but the last are full.
      #expect(segment.parts.dropLast().allSatisfy { $0.duration == cadence.partTicks })
      #expect(segment.parts.reduce(0) { $0 + $1.duration } == segment.duration)
      next += cadence.frames(in: segment.number)
    }
  }

  @Test("a step of the clock: the Discontinuity and the gaps that the pictures have")
  func step() throws {
    var sound = try Self.sound("30")
    let next = Self.first + 3
    sound.window.announce(offset: 40_000_000, skipped: 2)
    sound.jump(to: next + 2)
    sound.publish(segments: 2)
    let segments = sound.window.snapshot.segments.suffix(4)
    #expect(segments.map(\.number) == Array(next..<next + 4))
    #expect(segments.map(\.isGap) == [true, true, false, false])
    #expect(segments.map(\.startsDiscontinuity) == [true, false, false, false])
    for segment in segments {
      let tick = sound.cadence.nanoseconds(sound.cadence.firstFrame(of: segment.number))
      #expect(segment.programDateTime == tick + 40_000_000)
      #expect(segment.duration == sound.cadence.frames(in: segment.number) * 1024)
    }
    #expect(sound.window.snapshot.version == sound.cadence.partsBefore(next + 4))
  }
}
