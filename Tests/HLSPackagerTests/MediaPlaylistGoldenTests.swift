// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import Media
import Packaging
import TestSupport
import Testing

@Suite("Media Playlists as text, RFC 8216bis §4.4")
struct MediaPlaylistGoldenTests {
  static func snapshot(_ rate: String = "30", parts: Int64 = 4) throws -> WindowSnapshot {
    var stream = try StreamCase(rate: rate).stream()
    stream.goLive(prefill: 10)
    stream.publish(segments: 2)
    stream.publish(parts: parts)
    return stream.window.snapshot
  }

  @Test("full, delta and v2")
  func forms() throws {
    let snapshot = try Self.snapshot()
    Golden.expect(try StreamCase.text(of: snapshot), equals: "full.m3u8")
    Golden.expect(try StreamCase.text(of: snapshot, .delta), equals: "delta.m3u8")
    Golden.expect(try StreamCase.text(of: snapshot, .deltaWithDateRanges), equals: "delta-v2.m3u8")
  }

  @Test("30000/1001")
  func ntsc() throws {
    Golden.expect(try StreamCase.text(of: Self.snapshot("30000/1001")), equals: "ntsc.m3u8")
  }

  @Test("25 frames a second: the last part of a segment is one frame")
  func shortPart() throws {
    Golden.expect(try StreamCase.text(of: Self.snapshot("25", parts: 0)), equals: "short-part.m3u8")
  }

  @Test("ended in mid-part")
  func ended() throws {
    var stream = try StreamCase(rate: "30").stream()
    stream.goLive(prefill: 10)
    stream.publish(frames: 31)
    stream.window.end()
    Golden.expect(try StreamCase.text(of: stream.window.snapshot), equals: "ended.m3u8")
  }

  @Test("a step of the wall clock over two segments and a half: gaps and a Discontinuity")
  func gap() throws {
    var stream = try StreamCase(rate: "30").stream()
    stream.goLive(prefill: 10)
    stream.skip(2, offset: 500_000_000)
    stream.publish(parts: 2)
    Golden.expect(try StreamCase.text(of: stream.window.snapshot), equals: "gap.m3u8")
  }

  @Test("run numbering")
  func run() throws {
    let snapshot = try Self.snapshot()
    let first = try #require(snapshot.segments.first?.number)
    let text = try StreamCase.text(of: snapshot, numbering: .run, first: first)
    Golden.expect(text, equals: "run.m3u8")
  }

  @Test("the same playlist at the three depths of its URL", arguments: ["video/", "live/video/"])
  func bases(base: String) throws {
    let snapshot = try Self.snapshot()
    let text = try StreamCase.text(of: snapshot, base: base)
    Golden.expect(text, equals: "base-\(base.filter { $0 == "/" }.count).m3u8")
    let plain = text.split(separator: "\n").map { line in
      line.hasPrefix("#") ? String(line) : String(line.dropFirst(base.count))
    }
    let joined = plain.joined(separator: "\n").split(separator: "URI=\"\(base)")
    #expect(joined.joined(separator: "URI=\"") + "\n" == (try StreamCase.text(of: snapshot)))
  }

  @Test("a window without a complete segment has no playlist")
  func none() throws {
    var stream = try StreamCase(rate: "30").stream()
    stream.window.goLive()
    stream.publish(parts: 9)
    let (snapshot, segmentation) = (stream.window.snapshot, stream.segmentation)
    let names = MediaNames(.epoch, first: 1)
    let control = ServerControl(segmentations: [.video(segmentation)])
    #expect(MediaPlaylist(snapshot, control: control, names: names, base: "") == nil)
    #expect(ChunkedPlaylist(snapshot, names: names, base: "") == nil)
    stream.publish(parts: 1)
    let first = stream.window.snapshot
    #expect(MediaPlaylist(first, control: control, names: names, base: "") != nil)
    #expect(ChunkedPlaylist(first, names: names, base: "") != nil)
  }
}
