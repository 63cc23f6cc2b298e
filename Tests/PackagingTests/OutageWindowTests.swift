// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import TestSupport
import Testing
import Time

@Suite("Segments that are listed while the source is away, RFC 8216bis §4.4.4.7, §6.2.2")
struct OutageWindowTests {
  /// A stream of `segments` segments, and `frames` of the next one, before an outage.
  private func stream(
    segments: Int64 = 12, frames: Int64 = 0, playlistLength: Int = 10
  ) -> SyntheticStream {
    var stream = SyntheticStream(
      .thirty, playlistLength: playlistLength, retained: playlistLength + 4, marksOutages: true)
    stream.window.goLive()
    stream.publish(segments: segments)
    stream.publish(frames: frames)
    return stream
  }

  /// Lists one more segment, as the watch over outages does.
  private func pass(_ window: LiveWindow) {
    let number = window.snapshot.open?.number ?? window.snapshot.newestSegment + 1
    #expect(window.pass(through: number, since: window.progress?.revision))
  }

  @Test("the open segment ends with its last chunk; then each number is a gap at its time")
  func gaps() throws {
    let stream = stream(frames: 10)
    let open = try #require(stream.window.snapshot.open?.number)
    for _ in 0..<4 { pass(stream.window) }
    let listed = stream.window.snapshot.listed
    #expect(listed.suffix(4).map(\.number) == Array(open..<open + 4))
    #expect(listed.suffix(4).map(\.isGap) == [false, true, true, true])
    #expect(listed.suffix(4).map(\.isOutage) == [false, true, true, true])
    #expect(listed.suffix(4).map(\.duration) == [30_000, 90_000, 90_000, 90_000])
    for (one, next) in zip(listed, listed.dropFirst()) {
      #expect(next.programDateTime - one.programDateTime == .seconds(1))
      #expect(next.period == one.period && !next.startsDiscontinuity)
    }
    #expect(stream.window.snapshot.isAway && stream.window.snapshot.open == nil)
    #expect(stream.window.snapshot.mediaEnd?.segment == open)
  }

  @Test("media that has arrived since is no outage")
  func arrived() throws {
    var stream = stream(frames: 10)
    let known = try #require(stream.window.progress)
    stream.publish(frames: 1)
    #expect(!stream.window.pass(through: known.newest, since: known.revision))
    #expect(stream.window.snapshot.open?.chunks.count == 11)
  }

  @Test("the next media begins with a Discontinuity after the gaps, announced by its source or not")
  func returned() throws {
    for isAnnounced in [true, false] {
      var stream = stream(frames: 10)
      for _ in 0..<3 { pass(stream.window) }
      let last = stream.window.snapshot.newestSegment
      // Two more numbers have passed, of which the window knows nothing yet.
      stream.jump(to: last + 3)
      if isAnnounced { stream.window.announce(offset: .milliseconds(250), skipped: 4) }
      stream.publish(segments: 2)
      let snapshot = stream.window.snapshot
      let numbers = snapshot.segments.map(\.number)
      #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $1 == $0 + 1 })
      #expect(snapshot.segments.filter(\.isGap).map(\.number) == Array(last - 1...last + 2))
      #expect(snapshot.segments.filter(\.startsDiscontinuity).map(\.number) == [last + 3])
      #expect(Set(snapshot.segments.filter(\.isGap).map(\.period.index)) == [0])
      #expect(!snapshot.isAway)
    }
  }

  @Test("media of numbers that were listed is left out, also the first part of a period")
  func late() throws {
    var stream = stream(frames: 10)
    for _ in 0..<3 { pass(stream.window) }
    let before = stream.window.snapshot
    stream.publish(frames: 20)
    #expect(stream.window.snapshot.segments.map(\.duration) == before.segments.map(\.duration))
    let last = before.newestSegment
    let first = stream.segmentation.firstFrame(of: last)
    stream.window.begin(
      (0..<3).map { SyntheticStream.chunk(first + $0, stream.segmentation) },
      offset: .milliseconds(250), skipped: 1)
    #expect(stream.window.snapshot.open == nil)
    #expect(stream.window.snapshot.segments.last?.isGap == true)
    stream.jump(to: last + 1)
    stream.publish(segments: 1)
    let segment = try #require(stream.window.snapshot.segments.last)
    #expect(segment.number == last + 1 && segment.startsDiscontinuity)
    let nominal = stream.segmentation.grid.frameTime(of: segment.firstFrame)
    #expect(segment.programDateTime == WallTime(nominal, plus: .milliseconds(250)))
  }

  @Test("playlists begin with media, and have at most 30 entries; their first number never falls")
  func begins() throws {
    for outage in [1, 5, 9, 10, 19, 20, 25, 28, 29, 30, 40, 200] {
      var stream = stream()
      let lastMedia = stream.window.snapshot.newestSegment
      var first = Int64.min
      func check() throws {
        let listed = stream.window.snapshot.listed
        let begins = try #require(listed.first)
        #expect(begins.number >= first, "\(outage)")
        first = begins.number
        #expect(listed.count <= 30)
        let ticks = listed.dropFirst().reduce(0) { $0 + $1.duration }
        // Fewer entries would be less than three Target Durations.
        let hasMedia = listed.contains { !$0.isGap }
        #expect(!begins.isGap || !hasMedia || ticks < 3 * 90_000, "\(outage): \(listed.count)")
        #expect(stream.window.snapshot.segment(begins.number) != nil)
      }
      for count in 1...outage {
        pass(stream.window)
        try check()
        let listed = stream.window.snapshot.listed
        #expect(listed.contains { $0.number == lastMedia } == (count < 30))
      }
      stream.jump(to: lastMedia + Int64(outage) + 1)
      stream.window.announce(offset: .zero, skipped: Int64(outage))
      for _ in 0..<30 {
        stream.publish(segments: 1)
        try check()
      }
      #expect(stream.window.snapshot.listed.count == 10)
      #expect(stream.window.snapshot.segments.count == 14)
    }
  }

  @Test("variable duration: a gap lasts one target duration, and numbers count by one")
  func variable() throws {
    var stream = SyntheticStream(
      .thirty, playlistLength: 10, maximumGroupTime: 4_000_000, marksOutages: true)
    stream.window.goLive()
    for _ in 0..<4 { stream.publish(group: 45) }
    for _ in 0..<3 { pass(stream.window) }
    let listed = stream.window.snapshot.listed
    #expect(listed.map(\.isGap) == [false, false, false, false, true, true])
    #expect(listed.suffix(2).map(\.duration) == [450_000, 450_000])
    #expect(
      listed.suffix(2).map(\.programDateTime).map { $0 - listed[3].programDateTime }
        == [.milliseconds(1500), .milliseconds(6500)])
    #expect(zip(listed, listed.dropFirst()).allSatisfy { $1.number == $0.number + 1 })
  }

  @Test("a session that has the media of the session before alone lists gaps after it")
  func continued() throws {
    for isLong in [false, true] {
      let before = stream(segments: 6, frames: 10, playlistLength: 6)
      let end = try #require(
        WindowEnd([("video", before.window)], MediaNames(.epoch, first: 1)))
      var stream = SyntheticStream(
        .thirty, playlistLength: 6, retained: 10, after: end, marksOutages: true)
      stream.window.goLive()
      #expect(stream.window.snapshot.newestSegment == end.segment)
      let outage = Int64(isLong ? 40 : 3)
      for _ in 0..<outage { pass(stream.window) }
      #expect(stream.window.snapshot.isAway)
      #expect(stream.window.snapshot.mediaEnd?.segment == end.segment)
      let first = end.segment + outage + 1
      stream.jump(to: first)
      stream.publish(segments: 1)
      let segments = stream.window.snapshot.segments
      #expect(zip(segments, segments.dropFirst()).allSatisfy { $1.number == $0.number + 1 })
      #expect(segments.filter(\.startsDiscontinuity).map(\.number) == [first])
      #expect(segments.last?.isGap == false && segments.dropLast().last?.isGap == true)
      #expect(segments.contains { $0.number == end.segment } != isLong)
    }
  }

  @Test("a window of encoded media lists nothing by itself")
  func encoded() {
    var stream = SyntheticStream(.thirty)
    stream.window.goLive()
    stream.publish(segments: 3)
    let newest = stream.window.snapshot.newestSegment
    #expect(!stream.window.pass(through: newest + 1))
    #expect(stream.window.snapshot.newestSegment == newest)
  }

  @Test("the gap of another server's window is an outage too")
  func relayed() throws {
    let stream = stream()
    let newest = try #require(stream.window.snapshot.segments.last)
    let start = SegmentStart(
      number: newest.number + 1, firstFrame: newest.firstFrame + 30,
      programDateTime: newest.programDateTime + .seconds(1), startsDiscontinuity: false,
      period: newest.period, isPrefill: false, discontinuities: 0)
    stream.window.leaveOut(start, duration: 90_000)
    #expect(stream.window.snapshot.isAway)
    #expect(stream.window.snapshot.segments.last?.isOutage == true)
  }
}
