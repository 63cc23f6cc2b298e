// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import Sharing
import TestSupport
import Testing
import Time

@Suite("Steps of the wall clock: one DISCONTINUITY, gaps for skipped numbers, RFC 8216bis §4.4.3.3")
struct ClockStepTests {
  static func stream(segments: Int64 = 8) throws -> SyntheticStream {
    var stream = try WindowCase(rate: "30").stream(playlistLength: 6, retained: 9)
    stream.window.goLive()
    stream.publish(segments: segments)
    return stream
  }

  @Test("an offset starts a Discontinuity at the next segment, and media time goes on")
  func offset() throws {
    var stream = try Self.stream()
    let number = stream.segmentation.segment(of: stream.next)
    stream.publish(frames: 4)
    stream.window.announce(offset: 200_000_000, skipped: 0)
    stream.publish(segments: 3)
    let snapshot = stream.window.snapshot
    #expect(snapshot.segments.filter(\.startsDiscontinuity).map(\.number) == [number + 1])
    for segment in snapshot.segments {
      let frameTime = stream.segmentation.grid.frameTime(of: segment.firstFrame)
      let added = segment.programDateTime - frameTime.wall
      #expect(added == (segment.number > number ? 200_000_000 : 0))
      #expect(segment.firstFrame == segment.number * 30)
      #expect(!segment.isGap)
    }
  }

  @Test("the open segment carries the Discontinuity as soon as it has a frame")
  func openSegment() throws {
    var stream = try Self.stream()
    stream.window.announce(offset: -200_000_000, skipped: 0)
    stream.publish(frames: 1)
    let open = try #require(stream.window.snapshot.open)
    #expect(open.startsDiscontinuity)
    #expect(
      open.programDateTime
        == stream.segmentation.grid.frameTime(of: open.firstFrame).wall - 200_000_000)
  }

  @Test(
    "skipped numbers are gaps; the Discontinuity is at the first of them", arguments: Int64(1)...5)
  func skip(count: Int64) throws {
    var stream = try Self.stream()
    let next = stream.segmentation.segment(of: stream.next)
    stream.skip(count, offset: 300_000_000)
    stream.publish(frames: 1)
    let snapshot = stream.window.snapshot
    #expect(snapshot.open?.number == next + count)
    #expect(snapshot.open?.startsDiscontinuity == false)
    #expect(snapshot.segments.filter(\.isGap).map(\.number) == Array(next..<next + count))
    #expect(snapshot.segments.filter(\.startsDiscontinuity).map(\.number) == [next])
    #expect(snapshot.listed.map(\.number) == Array(next + count - 6..<next + count))
    for gap in snapshot.segments where gap.isGap {
      #expect(gap.duration == stream.segmentation.segmentTicks)
      #expect(gap.firstFrame == gap.number * 30)
      let frameTime = stream.segmentation.grid.frameTime(of: gap.firstFrame)
      #expect(gap.programDateTime == frameTime.wall + 300_000_000)
      #expect(snapshot.segment(gap.number) === gap)
    }
    #expect(snapshot.hint?.segment == next + count)
    #expect(snapshot.version == (next + count) * stream.segmentation.partsPerSegment)
  }

  @Test("there are gaps for at most a window", arguments: [6, 7, 100, 1_000_000_000])
  func longSkip(count: Int64) throws {
    var stream = try Self.stream()
    let next = stream.segmentation.segment(of: stream.next)
    stream.skip(count)
    stream.publish(frames: 1)
    let snapshot = stream.window.snapshot
    #expect(snapshot.listed.map(\.number) == Array(next + count - 6..<next + count))
    #expect(snapshot.listed.filter { $0.isGap }.count == 6)
    let numbers = snapshot.segments.map(\.number)
    #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $1 == $0 + 1 })
    #expect(snapshot.segments.count { $0.startsDiscontinuity } == 1)
  }

  @Test("two steps before the next segment: both are taken")
  func twice() throws {
    var stream = try Self.stream()
    let next = stream.segmentation.segment(of: stream.next)
    stream.skip(3, offset: 100_000_000)
    stream.skip(0, offset: -50_000_000)
    stream.publish(segments: 1)
    let snapshot = stream.window.snapshot
    #expect(snapshot.segments.filter(\.isGap).map(\.number) == [next, next + 1, next + 2])
    #expect(snapshot.segments.count { $0.startsDiscontinuity } == 1)
    let last = try #require(snapshot.segments.last)
    #expect(
      last.programDateTime
        == stream.segmentation.grid.frameTime(of: last.firstFrame).wall - 50_000_000)
  }

  @Test("a skip in mid-segment closes the open one short", arguments: Int64(1)...29)
  func midSegment(frames: Int64) throws {
    var stream = try Self.stream()
    let number = stream.segmentation.segment(of: stream.next)
    stream.publish(frames: frames)
    stream.skip(2)
    stream.publish(segments: 1)
    let snapshot = stream.window.snapshot
    let short = try #require(snapshot.segment(number))
    #expect(short.duration == frames * 3000)
    #expect(short.parts.map(\.text).joined() == short.text)
    #expect(snapshot.segments.filter(\.isGap).map(\.number) == [number + 1, number + 2])
  }

  @Test(
    "DISCONTINUITY-SEQUENCE rises by one for each that slides out of the playlist",
    arguments: UInt64(0)..<20)
  func sequence(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var stream = try Self.stream(segments: 1)
    var discontinuities: [Int64] = []
    for _ in 0..<60 {
      if Int.random(in: 0..<3, using: &random) == 0 {
        discontinuities.append(stream.segmentation.segment(of: stream.next))
        stream.skip(Int64.random(in: 0...3, using: &random), offset: 1_000_000)
      }
      stream.publish(segments: 1)
      let snapshot = stream.window.snapshot
      let first = try #require(snapshot.listed.first)
      let passed = discontinuities.count { $0 < first.number }
      #expect(snapshot.discontinuitySequence == Int64(passed))
      let shown = snapshot.listed.filter(\.startsDiscontinuity).map(\.number)
      #expect(shown == discontinuities.filter { $0 >= first.number })
    }
  }
}
