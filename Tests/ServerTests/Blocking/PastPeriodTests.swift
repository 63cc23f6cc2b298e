// SPDX-License-Identifier: Apache-2.0

import Archive
import HTTP
import Media
import Packaging
import Server
import ServerTestSupport
import TestSupport
import Testing
import Time

@Suite("Gaps, other headers and removed spans of the past", .blocking)
struct PastPeriodTests {
  private static let year = Interval.seconds(366 * 86_400)

  /// A live stream whose archive has 40 segments with another header, 40 missing ones and 40 with
  /// that of now, up to its window.
  private static func live(_ lab: PastLab) throws -> (SyntheticHandler, first: Int64) {
    let model = SyntheticStream(.thirty)
    let next = model.segmentation.segment(of: model.next)
    let colour = ColourDescription(primaries: 9, transfer: 18, matrix: 9, isFullRange: false)
    try lab.write(
      "video", next - 120...next - 81,
      header: HeaderBytes.video(colour, timescale: 90_000), timescale: 90_000)
    let handler = try SyntheticHandler.withPast(lab, before: 40)
    handler.stream.goLive(prefill: 0)
    handler.publish(segments: 12)
    return (handler, next - 120)
  }

  private static func periods(_ handler: SyntheticHandler) throws -> [String] {
    let exchange = try handler.askPast("/live/dvr.mpd")
    #expect(exchange.status == 200)
    return exchange.text.split(separator: "\n").filter { $0.contains("<Period ") }.map(String.init)
  }

  @Test("each run of the archive is a Period with its header; the window continues the last one")
  func runs() throws {
    let lab = try PastLab()
    let (handler, first) = try Self.live(lab)
    let found = try Self.periods(handler)
    #expect(found.count == 2)
    #expect(found[0].contains("id=\"p\(first)\" start=\"PT\(first - 1)S\" duration=\"PT40S\""))
    #expect(found[1].contains("id=\"p\(first + 80)\" start=\"PT\(first + 79)S\">"))
    let text = try handler.askPast("/live/dvr.mpd").text
    #expect(text.contains("value=\"18\""), "the colours of the header of then")
    #expect(text.split(separator: "init-").count == 3)
    for _ in 0..<3 {
      handler.publish(segments: 10)
      #expect(try Self.periods(handler) == found)
    }
  }

  @Test(
    "numbers of another segment duration hide neither the archive nor the window",
    arguments: [Int64(900_000_000), -900_000_000])
  func otherDuration(shift: Int64) throws {
    let lab = try PastLab()
    let model = SyntheticStream(.thirty)
    let next = model.segmentation.segment(of: model.next)
    let colour = ColourDescription(primaries: 9, transfer: 18, matrix: 9, isFullRange: false)
    try lab.write(
      "video", next - 120...next - 81, header: HeaderBytes.video(colour, timescale: 90_000),
      timescale: 90_000, numbered: shift)
    let handler = try SyntheticHandler.withPast(lab, before: 40)
    handler.stream.goLive(prefill: 0)
    handler.publish(segments: 12)
    let first = next - 40
    let found = try Self.periods(handler)
    // With the other numbers the hole between them would be read in 45,000 steps.
    #expect(handler.served.archivedNumbers == first...next - 1)
    #expect(found.count == 1 && found.first?.contains("id=\"p\(first)\"") == true)
    let text = try handler.askPast("/live/dvr.json").text
    #expect(
      text.contains("\"archive\":true,\"from\":\(first),\"to\":\(handler.last + 1),"), "\(text)")
    let rewound = try handler.askPast("/live/video/from/\(first - 100)/playlist.m3u8")
    #expect(rewound.status == 307)
    #expect(rewound.header("location")?.contains("from/\(first)/") == true)
  }

  @Test("a removed span is a gap in all lists at once, and its segments have no media")
  func removal() throws {
    let lab = try PastLab()
    let (handler, _) = try Self.live(lab)
    let archive = try #require(handler.served.options.archive)
    let minute = handler.last - handler.last % 60
    let rewound = "/live/video/from/\(minute)/playlist.m3u8?_HLS_msn=\(handler.last)"
    #expect(!(try handler.askPast(rewound).text.contains("#EXT-X-GAP")))
    let removed = handler.last - 3
    let start = WallTime.origin + .seconds(removed)
    let isRemoved: Bool = try PastLab.wait { answer in
      handler.served.removeFromWindows(start..<start + .milliseconds(500))
      archive.remove(start..<start + .milliseconds(500)) { failure in
        answer(failure == nil)
      }
    }
    #expect(isRemoved)
    for number in removed - 1...removed + 1 {
      for _ in 0..<2 {
        // The orders of these times are older than those that an archive keeps: no 410.
        let found = try handler.askPast("/live/video/segment\(number).m4s")
        #expect(found.status == 200)
        #expect(handler.snapshot.segment(number)?.isGap == (number == removed))
      }
    }
    #expect(try handler.askPast("/live/video/segment\(removed).0.m4s").status >= 404)
    handler.publish(parts: 1)
    for path in ["/live/video/playlist.m3u8", rewound] {
      let lines = try handler.askPast(path).text.split(separator: "\n")
      let index = try #require(lines.firstIndex { $0.hasSuffix("segment\(removed).m4s") })
      #expect(lines[..<index].suffix(3).contains("#EXT-X-GAP"), "\(path)")
      #expect(lines.filter { $0 == "#EXT-X-GAP" }.count == 1, "\(path)")
    }
    let found = try Self.periods(handler)
    #expect(found.count == 3 && found[2].contains("id=\"p\(removed + 1)\""))
    #expect(try handler.askPast("/live/dvr.json").text.contains("[\(removed),\(removed + 1)]"))
    // It stays removed when it has left the window.
    handler.publish(segments: 30)
    #expect(try handler.askPast("/live/video/segment\(removed).m4s").status == 410)
  }

  @Test("another reach applies to the present session at once: further back, and less far")
  func reach() throws {
    let lab = try PastLab()
    let model = SyntheticStream(.thirty)
    let first = model.segmentation.segment(of: model.next) - 40
    let handler = try SyntheticHandler.withPast(lab, before: 40, dvr: .seconds(60))
    handler.stream.goLive(prefill: 0)
    handler.publish(segments: 12)
    let oldest = "/live/video/segment\(first).m4s"
    let reach = handler.served.options.reach
    #expect(try handler.askPast(oldest).status == 410)
    _ = try handler.askPast("/live/dvr.mpd")
    #expect(reach.change(dvr: Self.year, list: Self.year))
    #expect(!reach.change(dvr: Self.year, list: Self.year))
    #expect(try handler.askPast(oldest).status == 200)
    #expect(try Self.periods(handler).first?.contains("id=\"p\(first)\"") == true)
    #expect(try handler.askPast("/live/dvr.json").text.contains("\"from\":\(first),"))
    _ = reach.change(dvr: .seconds(60), list: Self.year)
    #expect(try handler.askPast(oldest).status == 410)
  }

  @Test("the open segment becomes a gap when it is complete; its readers are cut")
  func openSegment() throws {
    let handler = try SyntheticHandler.live()
    handler.publish(segments: 2)
    handler.publish(parts: 2)
    let open = try #require(handler.snapshot.open)
    let reader = try handler.ask("/live/video/segment\(open.number).m4s")
    handler.served.window.remove(open.programDateTime..<open.programDateTime + .milliseconds(10))
    handler.publish(segments: 2)
    #expect(handler.snapshot.segment(open.number)?.isGap == true)
    #expect(handler.snapshot.segment(open.number + 1)?.isGap == false)
    #expect(reader.stage == .cut)
  }

  @Test("events of the past are in the document, in the window and after it")
  func events() throws {
    let handler = try SyntheticHandler.live()
    handler.publish(segments: 2)
    let time = try #require(handler.snapshot.segments.last?.programDateTime)
    let event = try handler.served.events.add(at: time, Array("{\"goal\":1}".utf8), now: time)
    handler.publish(parts: 1)
    let text = "{\"id\":\(event.id),\"time\":\(time.nanoseconds / 1_000_000_000),"
    #expect(
      try handler.ask("/live/dvr.json").text.contains(
        "\"events\":[\(text)\"data\":{\"goal\":1}}]"))
    handler.publish(segments: 30)
    #expect(handler.snapshot.events.isEmpty)
    #expect(handler.snapshot.pastEvents.map(\.id) == [event.id])
    #expect(WindowEnd([handler.snapshot])?.events.map(\.id) == [event.id])
    #expect(try handler.ask("/live/dvr.json").text.contains("\"events\":[],"), "before its start")
  }
}
