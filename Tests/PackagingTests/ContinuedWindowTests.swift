// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import Sharing
import TestSupport
import Testing
import Time

@Suite("The window of a session that continues the source of another, RFC 8216bis §6.2.2")
struct ContinuedWindowTests {
  /// The end of a stream with two Discontinuities, the first of which is evicted.
  private func end() throws -> WindowEnd {
    var stream = try ClockStepTests.stream()
    stream.window.announce(offset: 200_000_000, skipped: 0)
    stream.publish(segments: 12)
    stream.window.announce(offset: 400_000_000, skipped: 0)
    stream.publish(segments: 1)
    stream.publish(frames: 1)
    #expect(stream.window.snapshot.evictedDiscontinuities == 1)
    return try #require(WindowEnd([stream.window.snapshot]))
  }

  private func window(after earlier: WindowEnd?) throws -> SyntheticStream {
    try WindowCase(rate: "30").stream(playlistLength: 6, retained: 9, after: earlier)
  }

  @Test("the first segment is a Discontinuity, and sequence and periods count on")
  func counts() throws {
    let earlier = try end()
    #expect(earlier.discontinuities == 2)
    #expect(earlier.period == 2)
    var next = try window(after: earlier)
    next.window.goLive()
    next.publish(segments: 3)
    let snapshot = next.window.snapshot
    #expect(snapshot.discontinuitySequence == 2)
    #expect(snapshot.segments.map(\.startsDiscontinuity) == [true, false, false])
    #expect(Set(snapshot.segments.map(\.period.index)) == [3])
    next.publish(segments: 9)
    #expect(next.window.snapshot.discontinuitySequence == 3)
    #expect(WindowEnd([next.window.snapshot])?.discontinuities == 3)
  }

  @Test("its media has the offset with which it begins")
  func offset() throws {
    let next = try window(after: try end())
    let chunk = SyntheticStream.chunk(next.next, next.segmentation)
    next.window.begin([chunk], offset: .milliseconds(70), skipped: 0)
    let open = try #require(next.window.snapshot.open)
    #expect(open.startsDiscontinuity)
    #expect(open.period.offset == .milliseconds(70))
    let frameTime = next.segmentation.grid.frameTime(of: open.firstFrame)
    #expect(open.programDateTime == frameTime.wall + 70_000_000)
  }

  @Test("numbers of the session before are gone, others before the first have no media")
  func numbers() throws {
    let first = try window(after: nil).segmentation.segment(of: window(after: nil).next)
    for (newest, expected) in [
      (first - 1, ["evicted", "evicted"]), (first - 2, ["predating", "evicted"]),
    ] {
      let earlier = WindowEnd(segment: newest, discontinuities: 0, period: 0)
      var next = try window(after: earlier)
      next.window.goLive()
      next.publish(segments: 2)
      let found = [first - 1, first - 2].map { number in
        "\(next.window.snapshot.availability(of: number, next.window.segmentation))"
      }
      #expect(found == expected)
    }
  }

  @Test("names of media that the next session cannot list keep their bytes, RFC 8216 §6.2.2")
  func unlisted() throws {
    var before = try window(after: nil)
    before.goLive(prefill: 2)
    before.publish(segments: 4)
    let known = before.window.snapshot.segments
    let header = try #require(before.window.snapshot.track?.headerHash)
    let earlier = try #require(
      WindowEnd([("video", before.window)], MediaNames(.epoch, first: 1)))
    // Another rate: frames and ticks mean something else.
    var next = try WindowCase(rate: "25").stream(playlistLength: 6, retained: 9, after: earlier)
    next.jump(to: earlier.segment + 1)
    next.window.goLive()
    next.publish(segments: 3)
    #expect(next.window.snapshot.segments.map(\.number).min() == earlier.segment + 1)
    for segment in known {
      let found = next.window.unlistedSegment(segment.number)
      #expect(found?.text == segment.text && found?.parts.map(\.text) == segment.parts.map(\.text))
    }
    #expect(next.window.unlistedTrack(header)?.header.array == Array("header".utf8))
    #expect(next.window.unlistedSegment(earlier.segment + 1) == nil)
    #expect(next.window.unlistedTrack("00000000") == nil)
    // Media that it lists is in the window itself.
    let same = try window(after: earlier)
    #expect(same.window.unlistedSegment(earlier.segment) == nil)
    #expect(same.window.snapshot.segment(earlier.segment) != nil)
  }

  @Test("three of the largest Target Duration are listed, RFC 8216bis §6.2.2")
  func minimumListed() throws {
    var earlier = WindowEnd(segment: 9, discontinuities: 0, period: 0)
    let segmentation = try window(after: nil).segmentation
    #expect(earlier.minimumListed(segmentation) == 0)
    earlier.targetDuration = 5
    #expect(earlier.minimumListed(segmentation) == 15)
  }

  @Test("a session without media has no end, and the next one begins without a Discontinuity")
  func empty() throws {
    let unused = try window(after: nil)
    #expect(WindowEnd([unused.window.snapshot]) == nil)
    var next = try window(after: nil)
    next.publish(segments: 1)
    #expect(next.window.snapshot.segments.map(\.startsDiscontinuity) == [false])
  }
}
