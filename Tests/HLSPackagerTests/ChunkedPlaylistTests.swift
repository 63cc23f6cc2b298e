// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import Media
import Packaging
import TestSupport
import Testing
import Time

@Suite("The playlist for players without part support: the open segment and one future segment")
struct ChunkedPlaylistTests {
  static let names = MediaNames(.epoch, first: 1)

  static func text(_ snapshot: WindowSnapshot, base: String = "") throws -> String {
    try #require(ChunkedPlaylist(snapshot, names: names, base: base)).text()
  }

  @Test("as text: live, between two segments, ended")
  func golden() throws {
    var stream = try StreamCase(rate: "30000/1001").stream()
    stream.goLive(prefill: 10)
    stream.publish(frames: 35)
    Golden.expect(try Self.text(stream.window.snapshot), equals: "chunked.m3u8")
    Golden.expect(
      try Self.text(stream.window.snapshot, base: "video/"), equals: "chunked-base.m3u8")
    stream.window.end()
    Golden.expect(try Self.text(stream.window.snapshot), equals: "chunked-ended.m3u8")
  }

  @Test("CH-01: version 6 and no tag of Low-Latency HLS", arguments: StreamCase.all)
  func tags(row: StreamCase) throws {
    let playlist = try ParsedPlaylist(Self.text(try #require(row.moments().last).snapshot))
    #expect(playlist.version == 6)
    #expect(
      Set(playlist.tags.keys) == [
        "VERSION", "INDEPENDENT-SEGMENTS", "TARGETDURATION", "MEDIA-SEQUENCE",
        "DISCONTINUITY-SEQUENCE",
      ])
    #expect(playlist.map != nil)
    #expect(playlist.skip == nil)
    #expect(playlist.hints.isEmpty)
    #expect(playlist.all.allSatisfy { $0.parts.isEmpty })
  }

  @Test(
    "CH-02: after the complete segments the open one and exactly one future one",
    arguments: StreamCase.all)
  func entries(row: StreamCase) throws {
    var stream = try row.stream()
    stream.goLive(prefill: Int64(row.playlistLength))
    for _ in 0..<4 * stream.segmentation.framesPerSegment {
      stream.publish(frames: 1)
      let snapshot = stream.window.snapshot
      let playlist = try ParsedPlaylist(Self.text(snapshot))
      let newest = try #require(snapshot.open?.number ?? snapshot.segments.last?.number)
      #expect(playlist.segments.last?.number == newest + 1)
      #expect(playlist.segments.count == row.playlistLength + 2)
      #expect(playlist.open == nil)
      for segment in playlist.segments {
        #expect(segment.uri == "segment\(segment.number).m4s")
        let frameTime = stream.segmentation.grid.frameTime(
          of: stream.segmentation.firstFrame(of: segment.number))
        #expect(
          segment.programDateTime == UTCTime(frameTime.wall).text, "nominal and exact")
        #expect(segment.extinf == playlist.segments.first?.extinf)
      }
    }
  }

  @Test("CH-02: none to come where it would not be held: segments above four seconds")
  func longSegments() throws {
    var stream = SyntheticStream(try #require(FrameRate(10)), segment: 5_000_000)
    stream.goLive(prefill: 10)
    stream.publish(frames: 3)
    let playlist = try ParsedPlaylist(Self.text(stream.window.snapshot))
    #expect(playlist.segments.last?.number == stream.window.snapshot.open?.number)
  }

  @Test(
    "CH-05: the text changes once a segment, when the next one opens", arguments: StreamCase.all)
  func changes(row: StreamCase) throws {
    var stream = try row.stream()
    stream.goLive(prefill: Int64(row.playlistLength))
    stream.publish(frames: 1)
    var text = try Self.text(stream.window.snapshot)
    var edition = ChunkedPlaylist.edition(of: stream.window.snapshot)
    for _ in 0..<3 * stream.segmentation.framesPerSegment {
      let opens = stream.segmentation.position(of: stream.next) == 0
      stream.publish(frames: 1)
      let new = try Self.text(stream.window.snapshot)
      #expect((new != text) == opens)
      #expect((ChunkedPlaylist.edition(of: stream.window.snapshot) != edition) == opens)
      (text, edition) = (new, ChunkedPlaylist.edition(of: stream.window.snapshot))
    }
  }

  @Test("CH-05: with the shortest window that may be configured too")
  func shortWindow() throws {
    var stream = SyntheticStream(try #require(FrameRate(30)), playlistLength: 6, retained: 6)
    stream.goLive(prefill: 10)
    stream.publish(frames: 1)
    var texts: Set<String> = []
    for _ in 0..<29 {
      texts.insert(try Self.text(stream.window.snapshot))
      stream.publish(frames: 1)
    }
    texts.insert(try Self.text(stream.window.snapshot))
    #expect(texts.count == 1)
  }

  @Test(
    "CH-04: complete segments are the same lines as in the Media Playlist",
    arguments: StreamCase.all)
  func sameLines(row: StreamCase) throws {
    for moment in try row.moments() {
      let chunked = try ParsedPlaylist(Self.text(moment.snapshot))
      for segment in moment.playlist.segments {
        let same = chunked.segments.first { $0.number == segment.number }
        #expect(same?.bareLines == segment.bareLines)
      }
      #expect(chunked.map == moment.playlist.map)
      #expect(chunked.targetDuration == moment.playlist.targetDuration)
    }
  }

  @Test(
    "PL-21: DISCONTINUITY-SEQUENCE counts evicted Discontinuities",
    arguments: StreamCase.all.filter(\.steps))
  func discontinuities(row: StreamCase) throws {
    for moment in try row.moments() {
      let chunked = try ParsedPlaylist(Self.text(moment.snapshot))
      let shown = chunked.segments.count { $0.startsDiscontinuity }
      let listed = moment.playlist.all.count { $0.startsDiscontinuity }
      let sum = Int64(shown) + (chunked.discontinuitySequence ?? -1)
      #expect(sum == Int64(listed) + (moment.playlist.discontinuitySequence ?? -1))
    }
  }

  @Test("CH-02: of a file that ends, no segment that will not come is listed")
  func file() throws {
    var stream = try StreamCase(rate: "30").stream()
    stream.goLive(prefill: 10)
    func newest() throws -> (listed: Int64?, window: Int64) {
      let snapshot = stream.window.snapshot
      let text = try #require(
        ChunkedPlaylist(snapshot, names: Self.names, base: "", announcesNext: false)
      ).text()
      return (try ParsedPlaylist(text).segments.last?.number, snapshot.newestSegment)
    }
    for _ in 0..<65 {
      stream.publish(frames: 1)
      let found = try newest()
      #expect(found.listed == found.window)
    }
    stream.window.end()
    let found = try newest()
    #expect(found.listed == found.window)
  }

  @Test("CH-07: with ENDLIST nothing to come is listed")
  func ended() throws {
    var stream = try StreamCase(rate: "30").stream()
    stream.goLive(prefill: 10)
    stream.publish(frames: 10)
    let number = try #require(stream.window.snapshot.open?.number)
    stream.window.end()
    let playlist = try ParsedPlaylist(Self.text(stream.window.snapshot))
    #expect(playlist.isEnded)
    #expect(playlist.segments.last?.number == number)
    #expect(playlist.segments.last?.microseconds == 333_333)
  }

  @Test(
    "CH-07: after a skip the open and the next segment are listed, skipped numbers are gaps"
  )
  func skipped() throws {
    var stream = try StreamCase(rate: "30").stream()
    stream.goLive(prefill: 10)
    let announced = try #require(ParsedPlaylist(Self.text(stream.window.snapshot)).segments.last)
    stream.skip(2, offset: 400_000_000)
    stream.publish(frames: 1)
    let playlist = try ParsedPlaylist(Self.text(stream.window.snapshot))
    #expect(
      playlist.segments.filter { $0.isGap }.map(\.number) == [
        announced.number, announced.number + 1,
      ])
    #expect(playlist.segments.last?.number == announced.number + 3)
    let frameTime = stream.segmentation.grid.frameTime(
      of: stream.segmentation.firstFrame(of: announced.number + 3))
    let shifted = UTCTime(frameTime.wall + 400_000_000).text
    #expect(playlist.segments.last?.programDateTime == shifted)
  }

  @Test("while the source is away there is no future segment, and the text changes once a segment")
  func away() throws {
    var stream = SyntheticStream(.thirty, playlistLength: 6, retained: 10, marksOutages: true)
    stream.window.goLive()
    stream.publish(segments: 8)
    stream.publish(frames: 12)
    let future = try #require(ParsedPlaylist(Self.text(stream.window.snapshot)).segments.last)
    var edition = ChunkedPlaylist.edition(of: stream.window.snapshot)
    for count in 0..<3 {
      #expect(stream.window.pass(through: future.number - 1 + Int64(count)))
      let playlist = try ParsedPlaylist(Self.text(stream.window.snapshot))
      #expect(ChunkedPlaylist.edition(of: stream.window.snapshot) > edition)
      edition = ChunkedPlaylist.edition(of: stream.window.snapshot)
      #expect(playlist.segments.last?.number == future.number - 1 + Int64(count))
      #expect(playlist.segments.last?.isGap == (count > 0))
    }
    let gap = try #require(
      ParsedPlaylist(Self.text(stream.window.snapshot)).segments.first {
        $0.number == future.number
      })
    #expect(gap.programDateTime == future.programDateTime && gap.extinf == future.extinf)
    stream.jump(to: future.number + 2)
    stream.publish(frames: 1)
    #expect(ChunkedPlaylist.edition(of: stream.window.snapshot) > edition)
  }
}
