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

  @Test("a session without media has no end, and the next one begins without a Discontinuity")
  func empty() throws {
    let unused = try window(after: nil)
    #expect(WindowEnd([unused.window.snapshot]) == nil)
    var next = try window(after: nil)
    next.publish(segments: 1)
    #expect(next.window.snapshot.segments.map(\.startsDiscontinuity) == [false])
  }
}
