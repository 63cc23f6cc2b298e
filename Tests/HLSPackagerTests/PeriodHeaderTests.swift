// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import Media
import Packaging
import TestSupport
import Testing
import Time

@Suite("Runs with a header of their own, RFC 8216bis §4.4.4.3, §4.4.4.5")
struct PeriodHeaderTests {
  /// Four segments, then the source was away for three numbers and came back with another header.
  private func stream(partial: Int64) throws -> (SyntheticStream, first: Int64, second: String) {
    var stream = SyntheticStream(.thirty, playlistLength: 12)
    stream.goLive(prefill: 4)
    stream.publish(parts: partial)
    let size = try #require(VideoSize(width: 1280, height: 720))
    let track = TrackDescription(
      rendition: "video", codecs: "avc1.64001f", bandwidth: 2_000_000, size: size,
      segmentation: stream.segmentation, header: Array("other".utf8))
    let first = stream.segmentation.segment(of: stream.next) + (partial > 0 ? 1 : 0)
    let begin = stream.segmentation.firstFrame(of: first + 3)
    let chunks = (0..<3).map { SyntheticStream.chunk(begin + $0, stream.segmentation) }
    stream.window.begin(chunks, offset: 250_000_000, skipped: 3, track: track)
    return (stream, first, track.headerHash)
  }

  @Test(
    "one version: a complete segment, gaps, one DISCONTINUITY with the new map, the first part",
    arguments: [0, 4] as [Int64])
  func playlist(partial: Int64) throws {
    let (stream, first, hash) = try stream(partial: partial)
    let snapshot = stream.window.snapshot
    let text = try #require(
      MediaPlaylist(
        snapshot, control: ServerControl(segmentations: [.video(stream.segmentation)]),
        names: MediaNames(.epoch, first: 0), base: "")
    ).text(.full)
    let lines = text.split(separator: "\n").map(String.init)
    #expect(lines.count { $0 == "#EXT-X-DISCONTINUITY" } == 1)
    #expect(lines.count { $0 == "#EXT-X-GAP" } == 3)
    let maps = lines.enumerated().filter { $0.element.hasPrefix("#EXT-X-MAP") }
    #expect(maps.count == 2)
    let place = try #require(lines.firstIndex(of: "#EXT-X-DISCONTINUITY"))
    #expect(lines[place + 1] == "#EXT-X-MAP:URI=\"init-\(hash).mp4\"")
    #expect(lines[..<place].last { !$0.hasPrefix("#") } == "segment\(first - 1).m4s")
    let named = lines[place...].filter { !$0.hasPrefix("#") }
    #expect(named == (0..<3).map { "segment\(first + Int64($0)).m4s" })
    #expect(lines.contains { $0.contains("URI=\"segment\(first + 3).0.m4s\",INDEPENDENT=YES") })
    #expect(snapshot.open?.number == first + 3)
    #expect(snapshot.tracks.count == 2)
  }

  @Test("a delta update names the map in force after the skipped segments")
  func delta() throws {
    let (stream, _, hash) = try stream(partial: 0)
    let end = try #require(stream.window.snapshot.open).firstFrame + 3
    for index in end..<end + 12 * 30 {
      stream.window.publish(SyntheticStream.chunk(index, stream.segmentation))
    }
    let text = try #require(
      MediaPlaylist(
        stream.window.snapshot,
        control: ServerControl(segmentations: [.video(stream.segmentation)]),
        names: MediaNames(.epoch, first: 0), base: "")
    ).text(.delta)
    #expect(text.contains("#EXT-X-SKIP:"))
    #expect(text.contains("#EXT-X-MAP:URI=\"init-\(hash).mp4\""))
    #expect(!text.contains("#EXT-X-DISCONTINUITY\n"))
  }

  @Test("the first run begins without a Discontinuity, at the wall clock's place")
  func beginning() throws {
    let stream = SyntheticStream(.thirty)
    stream.window.goLive()
    let begin = stream.next
    stream.window.begin(
      (0..<30).map { SyntheticStream.chunk(begin + $0, stream.segmentation) }, offset: 300_000_000,
      skipped: 0)
    let segment = try #require(stream.window.snapshot.segments.first)
    #expect(!segment.startsDiscontinuity)
    #expect(
      segment.programDateTime
        == stream.segmentation.grid.frameTime(of: begin).wall + 300_000_000)
  }

  @Test("frames that are missing make a part shorter, and nothing else")
  func holes() throws {
    let stream = SyntheticStream(.thirty)
    stream.window.goLive()
    let begin = stream.next
    for index in begin..<begin + 60 where ![2, 3, 4, 5, 29].contains(index - begin) {
      stream.window.publish(SyntheticStream.chunk(index, stream.segmentation))
    }
    let segments = stream.window.snapshot.segments
    #expect(segments.map(\.chunks.count) == [25, 30])
    #expect(segments[0].parts.map(\.chunks.count) == [2] + Array(repeating: 3, count: 7) + [2])
    #expect(segments.map(\.number) == [segments[0].number, segments[0].number + 1])
  }
}
