// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import Media
import Packaging
import TestSupport
import Testing

@Suite("Media Playlists of text renditions, RFC 8216bis §3.1.4, §6.2.4")
struct CaptionPlaylistTests {
  private static func text(
    _ snapshot: WindowSnapshot, _ form: MediaPlaylist.Form = .full, content: MediaPlaylist.Content
  ) throws -> String {
    let track = try #require(snapshot.track)
    return try #require(
      MediaPlaylist(
        snapshot, control: ServerControl(segmentations: [track.segmentation]),
        names: MediaNames(.epoch, first: 1), base: "",
        reports: [
          RenditionReport(uri: "../video/playlist.m3u8", last: .init(segment: 9, index: 2)),
          RenditionReport(uri: "../captions-de/playlist.m3u8", last: .init(segment: 8, index: nil)),
        ], content: content)
    ).text(form)
  }

  @Test(
    "the segments are the complete ones of the video, with its numbers, dates and Discontinuities",
    arguments: StreamCase.all)
  func sameSegments(row: StreamCase) throws {
    for moment in try row.moments() {
      let text = try Self.text(moment.snapshot, content: .text)
      let video = try Self.text(moment.snapshot, content: .media)
      let (textLines, videoLines) = (text.byteLines, video.byteLines)
      func lines(_ lines: [String], _ tags: [String]) -> [String] {
        lines.filter { line in tags.contains { line.hasPrefix($0) } }
      }
      let head = [
        "#EXT-X-TARGETDURATION", "#EXT-X-SERVER-CONTROL", "#EXT-X-MEDIA-SEQUENCE",
        "#EXT-X-DISCONTINUITY-SEQUENCE", "#EXTINF", "segment",
      ]
      #expect(
        lines(textLines, head)
          == lines(videoLines, head).map { $0.replacingBytes(of: ".m4s", with: ".vtt") })
      let dates = lines(videoLines, ["#EXT-X-PROGRAM-DATE-TIME"])
      let complete = Array(dates.prefix(moment.playlist.segments.count))
      #expect(lines(textLines, ["#EXT-X-PROGRAM-DATE-TIME"]) == complete)
      for tag in ["#EXT-X-PART", "#EXT-X-MAP", "#EXT-X-GAP", "#EXT-X-PRELOAD", "#EXT-X-DATERANGE"] {
        #expect(!text.hasBytes(of: tag))
      }
    }
  }

  @Test("while the source is away, a playlist reports another one by its last segment, a gap")
  func away() throws {
    var stream = SyntheticStream(.thirty, marksOutages: true)
    stream.goLive(prefill: 10)
    stream.publish(frames: 35)
    let number = stream.window.snapshot.newestSegment + 1
    #expect(stream.window.pass(through: number))
    let snapshot = stream.window.snapshot
    let segmentation = try #require(snapshot.track).segmentation
    let playlist = try #require(
      MediaPlaylist(
        snapshot, control: ServerControl(segmentations: [segmentation]),
        names: MediaNames(.epoch, first: 1), base: "",
        reports: [RenditionReport(uri: "../video/playlist.m3u8")]))
    let line = playlist.text(.full).split(separator: "\n").first {
      $0.hasPrefix("#EXT-X-RENDITION-REPORT")
    }
    #expect(
      line == "#EXT-X-RENDITION-REPORT:URI=\"../video/playlist.m3u8\",LAST-MSN=\(number)")
  }

  @Test("a report of a playlist without parts has no LAST-PART; a delta skips as that of the video")
  func reportsAndDeltas() throws {
    var stream = try StreamCase(rate: "30").stream()
    stream.goLive(prefill: 10)
    stream.publish(frames: 35)
    let snapshot = stream.window.snapshot
    let text = try Self.text(snapshot, content: .text)
    #expect(
      text.hasSuffix(
        """
        #EXT-X-RENDITION-REPORT:URI="../video/playlist.m3u8",LAST-MSN=9,LAST-PART=2
        #EXT-X-RENDITION-REPORT:URI="../captions-de/playlist.m3u8",LAST-MSN=8

        """))
    let skip = "#EXT-X-SKIP:SKIPPED-SEGMENTS="
    let delta = try Self.text(snapshot, .delta, content: .text)
    #expect(delta.contains(skip))
    #expect(
      delta.split(separator: "\n").first { $0.hasPrefix(skip) }
        == (try Self.text(snapshot, .delta, content: .media)).split(separator: "\n")
        .first { $0.hasPrefix(skip) })
    stream.window.end()
    #expect(try Self.text(stream.window.snapshot, content: .text).hasSuffix("#EXT-X-ENDLIST\n"))
  }

  @Test("MV-09: subtitles are a group that every variant names")
  func multivariant() throws {
    var stream = try StreamCase(rate: "30").stream()
    stream.goLive(prefill: 1)
    let track = try #require(stream.window.snapshot.track)
    let captions = ["en", "pt-BR"].compactMap { LanguageTag($0) }.enumerated()
      .map { CaptionTrack($1, isDefault: $0 == 0) }
    let text = MultivariantPlaylist(
      [track], base: "live/", file: "playlist.m3u8", captions: captions
    ).text
    #expect(
      text.contains(
        """
        #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="captions",NAME="English",LANGUAGE="en",DEFAULT=YES,\
        AUTOSELECT=YES,FORCED=NO,URI="live/captions-en/playlist.m3u8"
        #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="captions",NAME="Português (BR)",LANGUAGE="pt-BR",\
        DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,URI="live/captions-pt-BR/playlist.m3u8"
        #EXT-X-STREAM-INF:
        """))
    #expect(text.contains(",SUBTITLES=\"captions\"\n"))
  }
}
