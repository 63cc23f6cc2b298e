// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import Sharing
import TestSupport
import Testing
import Time

@Suite("A rendition that is left out for a while, RFC 8216bis §4.4.4.7, §4.4.4.9, Appendix B.1")
struct LeftOutTests {
  let segmentation = Segmentation(
    rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
  let first: Int64 = 1_700_000_000

  private func ladder() -> (top: LiveWindow, low: LiveWindow) {
    let gate = PublishGate(count: 2, gracePeriod: 3_600_000_000_000)
    let windows = (0..<2).map { rendition in
      LiveWindow(
        segmentation: .video(segmentation), playlistLength: 6, retained: 9, gate: gate,
        rendition: rendition
      )
    }
    gate.attach(windows)
    for (rendition, window) in windows.enumerated() {
      window.describe(
        TrackDescription(
          rendition: "\(rendition)", codecs: "avc1.42c01f", bandwidth: 1, averageBandwidth: 1,
          size: .hd720, segmentation: segmentation, header: [0]))
      publish(window, first..<first + 2, isPrefill: true)
      window.goLive()
    }
    return (windows[0], windows[1])
  }

  private func publish(
    _ window: LiveWindow, _ segments: Range<Int64>, frames: Int64 = 30, isPrefill: Bool = false
  ) {
    for number in segments {
      for position in 0..<frames {
        let frame = segmentation.firstFrame(of: number) + position
        let chunk = Chunk(
          frameIndex: frame, isIndependent: position == 0, duration: 3000, captured: 0,
          published: 0,
          bytes: SharedBytes("x"))
        if isPrefill { window.appendPrefill(chunk) } else { window.publish(chunk) }
      }
    }
  }

  @Test("its segments are gaps in step with the others, which do not wait for it")
  func gaps() throws {
    let (top, low) = ladder()
    let number = first + 2
    low.leaveOut(number)
    #expect(low.snapshot.segment(number)?.isGap == true)
    publish(top, number..<number + 1, frames: 15)
    #expect(top.listing.version == number * 10 + 5)
    #expect(top.listing.open?.parts.allSatisfy { !$0.isGap } == true)
    let open = try #require(low.listing.open)
    #expect(low.listing.version == top.listing.version)
    #expect(open.number == number && open.parts.count == 5)
    #expect(open.parts.allSatisfy { $0.isGap })
  }

  @Test("a gap is a segment without parts, with its number, its time and its duration")
  func complete() throws {
    let (top, low) = ladder()
    let number = first + 2
    for missing in number..<number + 3 {
      low.leaveOut(missing)
      publish(top, missing..<missing + 1)
    }
    let listed = low.listing.listed
    #expect(listed.map(\.number) == top.listing.listed.map(\.number))
    #expect(listed.map(\.isGap) == [false, false, true, true, true])
    #expect(listed.map(\.programDateTime) == top.listing.listed.map(\.programDateTime))
    #expect(listed.map(\.duration) == top.listing.listed.map(\.duration))
    #expect(listed.allSatisfy { !$0.startsDiscontinuity })
  }

  /// Publishes parts with a picture that stands still, up to frame `end` of segment `number`.
  private func publishStills(
    _ window: LiveWindow, of number: Int64, from first: Int64, to end: Int64
  ) {
    for position in stride(from: first, to: end, by: 3) {
      window.publish(
        Chunk(
          frameIndex: segmentation.firstFrame(of: number) + position, frames: 3,
          isIndependent: true, isStill: true, duration: 9000, captured: 0, published: 0,
          bytes: SharedBytes("x")))
    }
  }

  @Test("pictures that stand still are media, but gaps in playlists; the others do not wait for it")
  func stills() throws {
    let (top, low) = ladder()
    let number = first + 2
    publish(low, number..<number + 1, frames: 6)
    publishStills(low, of: number, from: 6, to: 60)
    publish(top, number..<number + 2)
    let begun = try #require(low.listing.segment(number))
    #expect(begun.parts.map(\.isStill) == (0..<10).map { $0 >= 2 })
    #expect(!begun.isListedAsGap, "it begins with moving pictures")
    let second = try #require(low.listing.segment(number + 1))
    #expect(second.isListedAsGap && !second.isGap && second.parts.count == 10)
    publish(top, number + 2..<number + 3, frames: 15)
    #expect(low.listing.version == (number + 2) * 10 + 5)
  }

  @Test("it comes back with a whole segment, and is waited for again")
  func back() throws {
    let (top, low) = ladder()
    let number = first + 2
    low.leaveOut(number)
    publish(top, number..<number + 1)
    publish(low, number + 1..<number + 2, frames: 6)
    publish(top, number + 1..<number + 2, frames: 9)
    #expect(low.listing.version == (number + 1) * 10 + 2)
    #expect(top.listing.version == (number + 1) * 10 + 2)
    #expect(low.listing.open?.parts.map(\.isGap) == [false, false])
    #expect(low.listing.segment(number)?.isGap == true)
  }

  @Test("numbers that the clock skipped before it are gaps too, after the announced Discontinuity")
  func afterClockStep() throws {
    let (_, low) = ladder()
    low.announce(offset: 5_000_000_000, skipped: 2)
    low.leaveOut(first + 4)
    let segments = low.snapshot.segments
    #expect(segments.map(\.number) == (first..<first + 5).map(\.self))
    #expect(segments.map(\.isGap) == [false, false, true, true, true])
    #expect(segments.map(\.startsDiscontinuity) == [false, false, true, false, false])
  }
}
