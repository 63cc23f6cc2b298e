// SPDX-License-Identifier: Apache-2.0

import Media
import Sharing
import TestSupport
import Testing
import Time

@testable import Packaging

@Suite("A window that another process continues")
struct DepartureTests {
  @Test("chunks from the first segment of the other process on are left out")
  func leaves() {
    var departure = Departure()
    #expect(departure.skipped(before: 7, isFirst: true) == 0)
    departure.leave(before: 8)
    #expect(departure.skipped(before: 7, isFirst: false) == 0)
    #expect(departure.skipped(before: 8, isFirst: true) == nil)
    #expect(!departure.takes(7) && departure.takes(8) && departure.takes(9))
  }

  @Test("if the other process fails, the next segment that begins is taken, after gaps")
  func stays() {
    var departure = Departure()
    departure.leave(before: 8)
    departure.stay()
    #expect(departure.skipped(before: 9, isFirst: false) == nil)
    #expect(departure.skipped(before: 10, isFirst: true) == 2)
    #expect(departure.skipped(before: 10, isFirst: false) == 0 && !departure.takes(10))
  }

  @Test("the window ends with a whole segment, and may continue later")
  func window() throws {
    var stream = SyntheticStream(.thirty)
    stream.goLive(prefill: 0)
    stream.publish(segments: 3)
    stream.publish(frames: 10)
    let first = stream.window.snapshot.newestSegment + 1
    #expect(stream.window.leave(before: first))
    stream.publish(segments: 1)
    stream.publish(frames: 10)
    stream.window.leaveOut(first)
    let snapshot = stream.window.snapshot
    #expect(snapshot.open == nil && snapshot.segments.last?.number == first - 1)
    #expect(snapshot.segments.last?.parts.count == 10)
    stream.window.stay()
    stream.publish(segments: 1)
    stream.publish(frames: 1)
    let later = stream.window.snapshot
    #expect(later.open?.number == first + 1)
    #expect(later.segments.map(\.isGap) == [false, false, false, false, true])
    #expect(later.segments.allSatisfy { !$0.startsDiscontinuity })
  }

  @Test("constants with another header begin with a Discontinuity, equal ones do not")
  func constants() throws {
    for header in ["header", "other"] {
      var stream = SyntheticStream(.thirty)
      stream.publish(segments: 2)
      let size = try #require(VideoSize(width: 640, height: 360))
      stream.window.resume(
        with: TrackDescription(
          rendition: "video", codecs: "avc1.64001e", bandwidth: 1_034_000, size: size,
          segmentation: stream.segmentation, header: Array(header.utf8)))
      stream.publish(segments: 1)
      stream.window.goLive()
      let snapshot = stream.window.snapshot
      #expect(snapshot.segments.last?.startsDiscontinuity == (header == "other"))
      #expect(snapshot.tracks.count == (header == "other" ? 2 : 1))
    }
  }
}
