// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import TestSupport
import Testing

@testable import Packaging

@Suite("The listing of a gated window, RFC 8216bis §4.4.4.9")
struct WindowListingTests {
  /// A live rendition with segments of 1 s and ten parts, and `parts` parts of its open segment.
  private func rendition(parts: Int64) -> (stream: SyntheticStream, open: Int64) {
    var stream = SyntheticStream(.thirty)
    stream.publish(frames: 3 * stream.segmentation.framesPerSegment)
    let open = stream.segmentation.segment(of: stream.next)
    stream.publish(parts: parts)
    stream.window.goLive()
    return (stream, open)
  }

  @Test("parts above the version are published but not listed")
  func aboveVersion() throws {
    let (stream, open) = rendition(parts: 5)
    var listing = WindowListing()
    let hasAdvanced = listing.advance(to: open * 10 + 3, has: open * 10 + 5)
    #expect(hasAdvanced)
    let listed = listing.snapshot(of: stream.window.snapshot)
    #expect(listed.version == open * 10 + 3)
    #expect(listed.open?.parts.map(\.index) == [0, 1, 2])
    let hint = try #require(listed.hint)
    #expect(hint == (open, 3))
    #expect(stream.window.snapshot.part(4, of: open) != nil)
  }

  @Test("a complete segment is not listed as complete before its last part is listed")
  func reopened() {
    let (stream, open) = rendition(parts: 10)
    var listing = WindowListing()
    _ = listing.advance(to: open * 10 + 9, has: open * 10 + 10)
    let listed = listing.snapshot(of: stream.window.snapshot)
    #expect(listed.segments.last?.number == open - 1)
    #expect(listed.open?.number == open)
    #expect(listed.open?.parts.count == 9)
  }

  @Test("a part that was not there when it had to be listed is a gap, and stays one")
  func gap() {
    var (stream, open) = rendition(parts: 2)
    var listing = WindowListing()
    _ = listing.advance(to: open * 10 + 2, has: open * 10 + 2)
    _ = listing.advance(to: open * 10 + 3, has: open * 10 + 2)
    let late = listing.snapshot(of: stream.window.snapshot)
    #expect(late.open?.parts.map(\.isGap) == [false, false, true])
    #expect(late.open?.parts.last?.duration == stream.segmentation.partTicks)
    stream.publish(parts: 2)
    _ = listing.advance(to: open * 10 + 4, has: open * 10 + 4)
    let caughtUp = listing.snapshot(of: stream.window.snapshot)
    #expect(caughtUp.open?.parts.map(\.isGap) == [false, false, true, false])
    stream.publish(parts: 6)
    _ = listing.advance(to: (open + 1) * 10, has: (open + 1) * 10)
    let complete = listing.snapshot(of: stream.window.snapshot)
    #expect(complete.segment(open)?.parts.map(\.isGap).firstIndex(of: true) == 2)
    #expect(complete.segment(open)?.isGap == false)
  }

  @Test("a segment that a rendition has not begun is listed with gaps")
  func unbegun() {
    let (stream, open) = rendition(parts: 10)
    var listing = WindowListing()
    _ = listing.advance(to: (open + 1) * 10, has: (open + 1) * 10)
    _ = listing.advance(to: (open + 1) * 10 + 1, has: (open + 1) * 10)
    let listed = listing.snapshot(of: stream.window.snapshot)
    #expect(listed.open?.number == open + 1)
    #expect(listed.open?.parts.map(\.isGap) == [true])
    #expect(listed.segments.last?.number == open)
  }

  @Test(
    "after a forward step of years, a late rendition is listed with gaps, in constant time",
    .timeLimit(.minutes(1)), arguments: [1, 3, 40, 3_000_000_000] as [Int64])
  func step(segments: Int64) throws {
    var (stream, open) = rendition(parts: 2)
    var listing = WindowListing()
    _ = listing.advance(to: open * 10 + 2, has: open * 10 + 2)
    let target = open + segments
    for part in Int64(0)..<4 {
      let hasAdvanced = listing.advance(to: target * 10 + part, has: open * 10 + 2)
      #expect(hasAdvanced)
      let listed = listing.snapshot(of: stream.window.snapshot)
      #expect(listed.version == target * 10 + part)
      let numbers = listed.segments.map(\.number)
      // Numbers are consecutive up to the open segment, and the gaps are no more than listed ones.
      #expect(numbers.last == target - 1)
      #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 + 1 == $1 })
      let length = Int64(listed.playlistLength)
      // The parts of the late segment that were listed are listed still.
      #expect(listed.segments.count { $0.isGap } == Int(min(segments - 1, length)))
      let cut = listed.segment(open)?.parts.map(\.isGap)
      #expect(cut == nil || cut?.prefix(3) == [false, false, true] && cut?.count == 10)
      #expect(listed.open?.parts.allSatisfy(\.isGap) ?? (part == 0))
      #expect(listed.open?.parts.count ?? 0 == Int(part))
    }
    // The rendition catches up within its old segment: its parts stay gaps.
    stream.publish(parts: 3)
    let late = listing.snapshot(of: stream.window.snapshot)
    #expect(late.segments.last?.number == target - 1)
  }
}
