// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import Media
import Packaging
import TestSupport
import Testing
import Time

@Suite("Playlists that begin in the past")
struct RewoundPlaylistTests {
  /// A stream with the lines of a playlist that begins after the prefill.
  struct Rewound {
    var stream: SyntheticStream
    var lines: PastLines
    let names = MediaNames(.epoch, first: 1)

    init(_ rate: String = "30", segments: Int64 = 30, skipping: Int64 = 0) throws {
      stream = try StreamCase(rate: rate).stream()
      stream.goLive(prefill: 10)
      let first = try #require(stream.window.snapshot.segments.last?.number) + 1
      lines = PastLines(
        from: first, names: names, base: "../../", .video(stream.segmentation))
      advance()
      for _ in 0..<segments {
        stream.publish(segments: 1)
        advance()
      }
      if skipping > 0 {
        stream.skip(skipping, offset: 500_000_000)
        stream.publish(parts: 1)
        advance()
      }
    }

    /// Adds the segments that left the list of the window.
    mutating func advance() {
      let snapshot = stream.window.snapshot
      guard let end = snapshot.endingWithPart.listed.first?.number, end > lines.next else { return }
      for segment in snapshot.pastSegments(lines.next..<end) { lines.append(segment) }
    }

    /// The playlist; nil if there is none.
    func playlist(_ discontinuities: Int64 = 0) -> MediaPlaylist? {
      let report = RenditionReport(uri: "../../../audio/from/\(lines.first)/playlist.m3u8")
      return MediaPlaylist(
        stream.window.snapshot,
        control: ServerControl(segmentations: [.video(stream.segmentation)]), names: names,
        base: "../../", reports: [report],
        past: MediaPlaylist.Past(lines, discontinuitySequence: discontinuities))
    }

    func text(_ form: MediaPlaylist.Form = .full) throws -> String {
      let sections = try #require(playlist()).sections(form)
      var lines = lines
      return sections.head + (sections.skipsPast ? "" : lines.takeText()) + sections.segments
    }
  }

  @Test("whole and delta")
  func forms() throws {
    var rewound = try Rewound(segments: 12)
    rewound.stream.publish(parts: 4)
    rewound.advance()
    Golden.expect(try rewound.text(), equals: "rewound.m3u8")
    Golden.expect(try rewound.text(.delta), equals: "rewound-delta.m3u8")
  }

  @Test("a delta, and the list before it, are the new list", arguments: ["30", "30000/1001"])
  func deltas(rate: String) throws {
    var rewound = try Rewound(rate)
    var before = try Self.entries(rewound.text())
    for _ in 0..<35 {
      rewound.stream.publish(parts: 1)
      rewound.advance()
      let delta = try rewound.text(.delta)
      let skipped = try #require(
        delta.split(separator: "\n").first { $0.hasPrefix("#EXT-X-SKIP") }?
          .split(separator: "=").last.flatMap { Int($0) })
      let now = try Self.entries(rewound.text())
      #expect(Array(before.prefix(skipped)) + (try Self.entries(delta)) == now)
      before = now
    }
  }

  /// The names of complete segments and parts in the order of a playlist.
  static func entries(_ text: String) throws -> [Substring] {
    text.split(separator: "\n").filter { $0.hasPrefix("../../segment") }
  }

  @Test("a segment is complete when the next one has a part, and its parts are listed before")
  func ends() throws {
    var rewound = try Rewound(segments: 12)
    let last = try #require(rewound.stream.window.snapshot.segments.last?.number)
    let text = try rewound.text()
    #expect(text.contains("segment\(last).9.m4s"))
    #expect(!text.contains("segment\(last).m4s"))
    #expect(text.contains("HINT:TYPE=PART,URI=\"../../segment\(last + 1).0.m4s\""))
    rewound.stream.publish(parts: 1)
    rewound.advance()
    #expect(try rewound.text().contains("\n../../segment\(last).m4s\n"))
    rewound.stream.window.end()
    rewound.advance()
    #expect(try rewound.text().contains("\n../../segment\(last).m4s\n"))
  }

  @Test("a list whose past does not end where the window begins does not exist")
  func mismatch() throws {
    var rewound = try Rewound(segments: 12)
    rewound.stream.publish(segments: 3)
    #expect(rewound.playlist() == nil)
    rewound.advance()
    #expect(rewound.playlist() != nil)
  }

  @Test("a list that begins inside the window is cut there")
  func inside() throws {
    var rewound = try Rewound(segments: 12)
    let first = try #require(rewound.stream.window.snapshot.segments.last?.number) - 3
    rewound.lines = PastLines(
      from: first, names: rewound.names, base: "../../", .video(rewound.stream.segmentation))
    let text = try rewound.text()
    #expect(text.contains("#EXT-X-MEDIA-SEQUENCE:\(first)\n"))
    #expect(try Self.entries(text).first == "../../segment\(first).m4s")
    #expect(!(try rewound.text(.delta).contains("EXT-X-SKIP")))
  }

  @Test("gaps and a Discontinuity of the past")
  func gaps() throws {
    var rewound = try Rewound(segments: 2, skipping: 2)
    for _ in 0..<12 {
      rewound.stream.publish(segments: 1)
      rewound.advance()
    }
    #expect(rewound.lines.discontinuities == 1)
    let text = try rewound.text()
    #expect(text.split(separator: "\n").count { $0 == "#EXT-X-GAP" } == 2)
    #expect(text.split(separator: "\n").count { $0 == "#EXT-X-DISCONTINUITY" } == 1)
  }

  @Test("a clock that drifts does not move the dates against the durations")
  func drift() throws {
    var stream = try StreamCase(rate: "30").stream()
    stream.goLive(prefill: 10)
    let snapshot = stream.window.snapshot
    let kept = try #require(snapshot.listed.first)
    // Two hours, in which the clock of the source has lost 0.36 s.
    let count: Int64 = 7200
    var lines = PastLines(
      from: kept.number - count, names: MediaNames(.epoch, first: 1), base: "",
      .video(stream.segmentation))
    for index in -count..<0 {
      lines.append(
        PastSegment(
          number: kept.number + index, duration: kept.duration,
          programDateTime: kept.programDateTime + index * .microseconds(1_000_050),
          startsDiscontinuity: false, headerHash: "e488d460"))
    }
    let playlist = MediaPlaylist(
      snapshot, control: ServerControl(segmentations: [.video(stream.segmentation)]),
      names: MediaNames(.epoch, first: 1), base: "",
      past: MediaPlaylist.Past(lines, discontinuitySequence: 0))
    let text = lines.takeText() + (try #require(playlist).sections(.full).segments)
    let dates = text.split(separator: "\n").filter { $0.contains("PROGRAM-DATE-TIME") }
      .map { String($0.dropFirst(25)) }
    // At the first segment, at two full hours, and at the segments that deltas repeat.
    #expect(dates.count == 3 + snapshot.listed.count)
    let start = kept.programDateTime - count * .microseconds(1_000_050)
    #expect(dates[0] == UTCTime(start).text)
    #expect(dates[3] == UTCTime(start + count * .seconds(1)).text)
  }

  @Test("the closed form: gaps, another header, an hour")
  func closed() throws {
    let segmentation = try StreamCase(rate: "30").stream().segmentation
    func segment(_ number: Int64, discontinuity: Bool = false, header: String) -> PastSegment {
      PastSegment(
        number: number, duration: 90_000,
        programDateTime: .origin + number * .seconds(1) + .milliseconds(discontinuity ? 40 : 0),
        startsDiscontinuity: discontinuity, headerHash: header)
    }
    let first: Int64 = 1_795_157_997
    let track = TrackSegmentation.video(segmentation)
    let segments = track.filled(
      [
        segment(first - 1, header: "aaaaaaaa"), segment(first, header: "aaaaaaaa"),
        segment(first + 1, header: "aaaaaaaa"),
        segment(first + 4, discontinuity: true, header: "bbbbbbbb"),
      ], first..<first + 6, header: "cccccccc")
    let playlist = ClosedPlaylist(
      segments, track, names: MediaNames(.epoch, first: 1), base: "../../../../",
      targetDuration: 1)
    Golden.expect(try #require(playlist).text, equals: "closed.m3u8")
  }

  @Test("the closed form of variable segments: numbers jump after a restart, and are no gaps")
  func jump() throws {
    let segmentation = SyntheticStream(.thirty, maximumGroupTime: 10_000_000).segmentation
    let numbers: [Int64] = [7, 8, 1007, 1008]
    let segments = numbers.enumerated().map { index, number in
      PastSegment(
        number: number, duration: 90_000,
        programDateTime: .origin + number * .seconds(1),
        startsDiscontinuity: index == 2, headerHash: "aaaaaaaa")
    }
    let playlist = ClosedPlaylist(
      segments, .video(segmentation), names: MediaNames(.epoch, first: 1), base: "",
      targetDuration: 1)
    let lines = try #require(playlist).text.split(separator: "\n")
    #expect(lines.filter { $0.hasPrefix("segment") } == numbers.map { "segment\($0).m4s" })
    #expect(lines.count { $0 == "#EXT-X-DISCONTINUITY" } == 1)
    #expect(!lines.contains("#EXT-X-GAP"))
  }
}
