// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import Sharing
import TestSupport
import Testing
import Time

@Suite("An audio window")
struct AudioWindowTests {
  static let first: Int64 = 1_795_155_720

  static func audio(_ rate: String, sampleRate: Int32 = 48_000) throws -> SyntheticAudio {
    let video = Segmentation(
      rate: try #require(FrameRate(rate)), segmentMicroseconds: 1_000_000,
      partMicroseconds: 100_000)
    let segmentation = try #require(AudioSegmentation(following: video, sampleRate: sampleRate))
    var audio = SyntheticAudio(segmentation, from: first)
    audio.goLive()
    audio.publish(segments: 3)
    return audio
  }

  @Test(
    "versions count every part once; segments have the numbers of video and no gap between them",
    arguments: ["30", "30000/1001", "25", "24000/1001"], [48_000, 44_100] as [Int32])
  func parts(rate: String, sampleRate: Int32) throws {
    var audio = try Self.audio(rate, sampleRate: sampleRate)
    let segmentation = audio.segmentation
    var version = audio.window.snapshot.version
    #expect(version == segmentation.partsBefore(Self.first + 3))
    for _ in 0..<40 {
      let hint = try #require(audio.window.snapshot.hint)
      audio.publish(parts: 1)
      let snapshot = audio.window.snapshot
      version += 1
      #expect(snapshot.version == version)
      let part = try #require(snapshot.lastListedPart)
      #expect((part.segment, part.index) == hint)
      #expect(version == segmentation.partsBefore(part.segment) + part.index + 1)
      #expect(part.duration <= segmentation.partTicks && part.isIndependent)
    }
    var next = segmentation.firstFrame(of: Self.first)
    for segment in audio.window.snapshot.segments {
      #expect(segment.firstFrame == next)
      #expect(segment.duration == segmentation.frames(in: segment.number) * 1024)
      #expect(segment.programDateTime == segmentation.frameTime(of: next).wall)
      // PL-05 of the parts: all but the last are full.
      #expect(segment.parts.dropLast().allSatisfy { $0.duration == segmentation.partTicks })
      #expect(segment.parts.reduce(0) { $0 + $1.duration } == segment.duration)
      next += segmentation.frames(in: segment.number)
    }
  }

  @Test("a part of several chunks: each is in the open segment at once, the part with its last one")
  func chunks() throws {
    let audio = try Self.audio("30")
    let (window, segmentation) = (audio.window, audio.segmentation)
    let (version, start) = (window.snapshot.version, audio.next)
    var next = start
    for (index, frames) in ([2, 2, 1, 2] as [Int64]).enumerated() {
      window.publish(
        Chunk(
          frameIndex: next, frames: frames, isIndependent: true, duration: frames * 1024,
          captured: .origin, published: .origin, bytes: SharedBytes("<\(next)>")))
      next += frames
      let open = try #require(window.snapshot.open)
      #expect(open.chunks.count == index + 1)
      #expect(open.parts.count == (index < 2 ? 0 : 1))
      #expect(window.snapshot.version == version + (index < 2 ? 0 : 1))
    }
    let part = try #require(window.snapshot.lastListedPart)
    #expect(part.chunks.map(\.frameIndex) == [start, start + 2, start + 4])
    #expect(part.duration == segmentation.partTicks && part.isIndependent)
  }

  @Test("a clock step: the same Discontinuity and gaps as in video")
  func step() throws {
    var audio = try Self.audio("30")
    let next = Self.first + 3
    audio.window.announce(offset: 40_000_000, skipped: 2)
    audio.jump(to: next + 2)
    audio.publish(segments: 2)
    let segments = audio.window.snapshot.segments.suffix(4)
    #expect(segments.map(\.number) == Array(next..<next + 4))
    #expect(segments.map(\.isGap) == [true, true, false, false])
    #expect(segments.map(\.startsDiscontinuity) == [true, false, false, false])
    for segment in segments {
      let frameTime = audio.segmentation.frameTime(
        of: audio.segmentation.firstFrame(of: segment.number))
      #expect(segment.programDateTime == frameTime.wall + 40_000_000)
      #expect(segment.duration == audio.segmentation.frames(in: segment.number) * 1024)
    }
    #expect(audio.window.snapshot.version == audio.segmentation.partsBefore(next + 4))
  }
}
