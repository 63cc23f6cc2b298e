// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import Media
import Packaging
import Sharing
import TestSupport
import Testing

@Suite("The playlist of key frames, RFC 8216bis §4.4.3.6")
struct IFramePlaylistTests {
  static func text(_ snapshot: WindowSnapshot, base: String = "") throws -> String {
    try #require(
      IFramePlaylist(
        snapshot, names: MediaNames(.epoch, first: 1), base: base, targetDuration: 1)
    ).text()
  }

  /// The playlist without the tags of I-frames, and those tags by the number of their segment.
  private static func parsed(
    _ text: String
  ) throws -> (playlist: ParsedPlaylist, ranges: [Int64: String]) {
    var (lines, pending, ranges): ([String], Substring?, [Int64: String]) = ([], nil, [:])
    for line in text.byteLines.dropLast() where line != "#EXT-X-I-FRAMES-ONLY" {
      guard !line.hasPrefix("#EXT-X-BYTERANGE:") else {
        #expect(pending == nil)
        pending = line.dropFirst(17)
        continue
      }
      lines.append(line)
      guard !line.hasPrefix("#"), let range = pending else { continue }
      let number = try #require(Int64(line.dropFirst(7).dropLast(4)))
      ranges[number] = String(range)
      pending = nil
    }
    return (try ParsedPlaylist(lines.joined(separator: "\n") + "\n"), ranges)
  }

  @Test("as text: with gaps and a Discontinuity; ended, under another path")
  func golden() throws {
    var stream = try StreamCase(rate: "30000/1001").stream()
    stream.goLive(prefill: 10)
    stream.publish(frames: 35)
    stream.skip(2, offset: 500_000_000)
    stream.publish(frames: 65)
    Golden.expect(try Self.text(stream.window.snapshot), equals: "iframes.m3u8")
    stream.window.end()
    let ended = try Self.text(stream.window.snapshot, base: "../video/")
    #expect(ended.hasSuffix("#EXT-X-ENDLIST\n"))
    #expect(ended.contains("#EXT-X-MAP:URI=\"../video/init-"))
  }

  @Test(
    "PL-32: segments, numbers, dates, Discontinuities and gaps are those of the Media Playlist",
    arguments: StreamCase.all)
  func sameSegments(row: StreamCase) throws {
    for moment in try row.moments() {
      let text = try Self.text(moment.snapshot)
      let (playlist, ranges) = try Self.parsed(text)
      #expect(text.byteLines.count { $0 == "#EXT-X-I-FRAMES-ONLY" } == 1)
      #expect((playlist.version ?? 0) >= 5, "EXT-X-MAP with I-frames, §8")
      #expect(playlist.msn == moment.playlist.msn)
      #expect(playlist.discontinuitySequence == moment.playlist.discontinuitySequence)
      #expect(playlist.map == moment.playlist.map)
      #expect(playlist.segments.map(\.bareLines) == moment.playlist.segments.map(\.bareLines))
      #expect(playlist.open == nil && playlist.hints.isEmpty)
      for segment in playlist.segments {
        let first = moment.snapshot.segment(segment.number)?.chunks.first
        let size = first.map { "\($0.bytes.count)@0" }
        #expect(ranges[segment.number] == (segment.isGap ? nil : size), "one frame, or a gap")
      }
    }
  }

  @Test("the text changes once per segment, when a segment is complete")
  func changes() throws {
    var stream = try StreamCase(rate: "25").stream()
    stream.goLive(prefill: 10)
    var text = try Self.text(stream.window.snapshot)
    var newest = IFramePlaylist.newestListed(in: stream.window.snapshot)
    for _ in 0..<3 * stream.segmentation.framesPerSegment {
      stream.publish(frames: 1)
      let isComplete = stream.segmentation.position(of: stream.next) == 0
      let new = try Self.text(stream.window.snapshot)
      #expect((new != text) == isComplete)
      #expect((IFramePlaylist.newestListed(in: stream.window.snapshot) != newest) == isComplete)
      (text, newest) = (new, IFramePlaylist.newestListed(in: stream.window.snapshot))
    }
  }

  @Test("audio has none")
  func audio() throws {
    let video = try StreamCase(rate: "30").stream()
    let segmentation = try #require(
      AudioSegmentation(following: video.segmentation, sampleRate: 48_000))
    var audio = SyntheticAudio(
      segmentation, from: video.segmentation.segment(of: video.next))
    audio.window.goLive()
    audio.publish(segments: 2)
    let playlist = IFramePlaylist(
      audio.window.snapshot, names: MediaNames(.epoch, first: 1), base: "", targetDuration: 1)
    #expect(playlist == nil && !audio.window.snapshot.segments.isEmpty)
  }
}
