// SPDX-License-Identifier: Apache-2.0

import Media
import Metadata
import Packaging
import Sharing
import TestSupport
import Testing
import Time

@Suite("A removed span of a window")
struct RemovedSpanTests {
  private func live() -> SyntheticStream {
    var stream = SyntheticStream(.thirty, playlistLength: 4, retained: 8)
    stream.window.goLive()
    stream.publish(frames: 30 * 6 + 5)
    return stream
  }

  /// The time of a frame before the next one.
  private func time(_ stream: SyntheticStream, before frames: Int64) -> WallTime {
    WallTime(stream.segmentation.grid.frameTime(of: stream.next - frames), plus: .zero)
  }

  @Test("its events are in no snapshot any more, and no chunk carries them")
  func events() throws {
    var stream = live()
    let window = stream.window
    let inside = time(stream, before: 60)
    let span = inside - .milliseconds(100)..<inside + .milliseconds(100)
    for time in [inside - .seconds(1), inside, inside + .seconds(1)] {
      _ = try window.addEvent(at: time, Array("{}".utf8), now: time)
      _ = try window.addEvent(at: time, [], .id3([73]), now: time)
    }
    window.remove(span)
    #expect(window.snapshot.events.map(\.time) == [inside - .seconds(1), inside + .seconds(1)])
    #expect(window.snapshot.unlistedEvents.allSatisfy { !span.contains($0.time) })
    #expect(window.snapshot.unlistedEvents.count == 2)
    stream.publish(frames: 1)
    let bytes = try #require(window.snapshot.open?.chunks.last).bytes.array
    var (count, start) = (0, 0)
    while bytes.count - start > 8, bytes[(start + 4)...].starts(with: "emsg".utf8) {
      start += bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
      count += 1
    }
    #expect(count == 4, "two events and two tags")
  }

  @Test("events of before the window are forgotten too")
  func past() throws {
    var stream = live()
    let inside = time(stream, before: 3)
    _ = try stream.window.addEvent(at: inside, Array("{}".utf8), now: inside)
    stream.publish(frames: 30 * 10)
    #expect(stream.window.snapshot.pastEvents.map(\.time) == [inside])
    stream.window.remove(inside..<inside + .nanoseconds(1))
    #expect(stream.window.snapshot.pastEvents.isEmpty)
  }

  @Test("its parts and segments have no media, and those beside it stay")
  func media() throws {
    let stream = live()
    let number = stream.segmentation.segment(of: stream.next) - 2
    let segment = try #require(stream.window.snapshot.segment(number))
    stream.window.remove(segment.programDateTime..<segment.programDateTime + .milliseconds(1))
    let snapshot = stream.window.snapshot
    #expect(snapshot.segment(number)?.isGap == true && snapshot.part(0, of: number) == nil)
    #expect(snapshot.part(0, of: number - 1) != nil && snapshot.part(0, of: number + 1) != nil)
  }

  @Test("a ladder's playlists list neither its media nor its events, without a further part")
  func gated() throws {
    let segmentation = Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
    let gate = PublishGate(count: 2, gracePeriod: 3_600_000_000_000)
    let windows = (0..<2).map { rendition in
      LiveWindow(
        segmentation: .video(segmentation), playlistLength: 4, retained: 8, gate: gate,
        rendition: rendition)
    }
    gate.attach(windows)
    let first = segmentation.firstFrame(of: 1_795_155_720)
    for window in windows {
      window.describe(
        TrackDescription(
          rendition: "video", codecs: "avc1.64001e", bandwidth: 1, size: .hd720,
          segmentation: segmentation, header: [0]))
      window.goLive()
    }
    for frame in first..<first + 95 {
      for window in windows { window.publish(SyntheticStream.chunk(frame, segmentation)) }
    }
    let window = windows[0]
    let start = try #require(window.listing.segments.last).programDateTime
    _ = try window.addEvent(at: start, Array("{}".utf8), now: start)
    window.remove(start..<start + .milliseconds(1))
    #expect(window.listing.segments.map(\.isGap) == [false, false, true])
    #expect(window.listing.events.isEmpty)
  }

  @Test("media of the session before that playlists do not list is removed with it")
  func sessionBefore() throws {
    let stream = live()
    let segments = stream.window.snapshot.segments
    let span = segments[1].programDateTime..<segments[1].programDateTime + .milliseconds(1)
    let earlier = try #require(
      WindowEnd([("video", stream.window)], MediaNames(.epoch, first: 1)))
    // Another rate: playlists of the next session cannot list it.
    let next = try WindowCase(rate: "25").stream(after: earlier).window
    next.remove(span)
    #expect(next.unlistedSegment(segments[1].number)?.isGap == true)
    #expect(next.unlistedSegment(segments[0].number)?.isGap == false)
    #expect(next.unlistedSegment(segments[2].number)?.chunks.isEmpty == false)
  }

  @Test("a reader whose newest event was removed gets no other one again")
  func cursor() throws {
    let stream = live()
    var cursor = EventCursor()
    let times = (1...3).map { time(stream, before: 60) + .seconds($0) }
    for time in times { _ = try stream.window.addEvent(at: time, [], .id3([1]), now: times[0]) }
    let known = cursor.takeNew(stream.window.snapshot)
    #expect(known.count == 3)
    stream.window.remove(times[2]..<times[2] + .nanoseconds(1))
    let removed = cursor.takeNew(stream.window.snapshot)
    #expect(removed.isEmpty)
    let next = try stream.window.addEvent(at: times[2], [], .id3([1]), now: times[0])
    let new = cursor.takeNew(stream.window.snapshot)
    #expect(new.map(\.id) == [next.id])
  }

  @Test("cues that are shown in it are forgotten")
  func cues() throws {
    let english = try #require(LanguageTag("en"))
    var store = CueStore([english], now: .origin)
    for second in [0, 2, 4] as [Int64] {
      let new = CueStore.NewCue(
        try CueText("words"), start: .origin + .seconds(second), duration: .seconds(1))
      _ = try store.add(new, in: english, open: 0, wall: .origin, now: .origin)
    }
    store.remove(.origin + .seconds(1) ..< .origin + .milliseconds(2500))
    #expect(store.cues(of: english, after: 0).map(\.start) == [.origin, .origin + .seconds(4)])
  }
}
