// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import Media
import Packaging
import TestSupport
import Testing
import Time

@Suite("Events in Media Playlists, RFC 8216bis §4.4.5.1")
struct DateRangeTests {
  private func text(
    _ stream: SyntheticStream, _ form: MediaPlaylist.Form = .full
  ) throws -> String {
    try #require(
      MediaPlaylist(
        stream.window.listing, control: ServerControl(segmentations: [.video(stream.segmentation)]),
        names: MediaNames(.epoch, first: 1), base: "")
    ).text(form)
  }

  @Test("an event is a date range while its segment is listed; quotes are percent-encoded")
  func listed() throws {
    var stream = SyntheticStream(.thirty, playlistLength: 8, retained: 14)
    stream.window.goLive()
    stream.publish(frames: 30 * 9)
    let time = WallTime(stream.segmentation.grid.frameTime(of: stream.next), plus: .zero)
    let data = #"{"goal": "100 %", "player": "Müller"}"# + "\n"
    let event = try stream.window.addEvent(at: time, Array(data.utf8), now: time)
    let line =
      "#EXT-X-DATERANGE:ID=\"event-\(event.id)\",CLASS=\"urn:streamer:event\""
      + ",START-DATE=\"\(UTCTime(time).text)\",X-EVENT-ID=\"\(event.id)\""
      + ",X-DATA=\"{%22goal%22: %22100 %25%22, %22player%22: %22Müller%22}%0A\""
    #expect(try text(stream).contains(line + "\n"))
    stream.publish(frames: 30 * 7)
    #expect(try text(stream).contains(line))
    stream.publish(frames: 30 * 2)
    #expect(try !text(stream).contains("DATERANGE:"))
    let update = try text(stream, .deltaWithDateRanges)
    #expect(update.contains("RECENTLY-REMOVED-DATERANGES=\"event-\(event.id)\""))
  }

  /// An event relative to the start of the open segment.
  struct Row: Sendable, CustomTestStringConvertible {
    let offset: Interval
    let statesDate: Bool
    var testDescription: String { "\(offset.microseconds) µs" }
  }

  @Test(
    "the open segment has no date while an event begins in it or later, to the millisecond",
    arguments: [
      Row(offset: .milliseconds(-1), statesDate: true),
      Row(offset: .microseconds(-1), statesDate: true),
      Row(offset: .zero, statesDate: false),
      Row(offset: .milliseconds(300), statesDate: false),
      Row(offset: .seconds(3000), statesDate: false),
    ])
  func openSegment(_ row: Row) throws {
    var stream = SyntheticStream(.thirty, playlistLength: 8, retained: 14)
    stream.window.goLive()
    stream.publish(frames: 30 * 9)
    let begin = WallTime(stream.segmentation.grid.frameTime(of: stream.next), plus: .zero)
    _ = try stream.window.addEvent(at: begin + row.offset, Array("1".utf8), now: begin)
    let tag = "#EXT-X-PROGRAM-DATE-TIME:\(UTCTime(begin).text)\n"
    stream.publish(frames: 4)
    for form in [MediaPlaylist.Form.full, .delta] {
      let open = try text(stream, form)
      #expect(open.contains("START-DATE"))
      #expect(open.contains(tag) == row.statesDate)
    }
    stream.publish(frames: 30)
    #expect(try text(stream).contains(tag), "the segment is complete")
  }

  @Test("after a Discontinuity the date is stated, and the event is listed with its segment")
  func discontinuity() throws {
    var stream = SyntheticStream(.thirty, playlistLength: 8, retained: 14)
    stream.window.goLive()
    stream.publish(frames: 30 * 9)
    let begin = WallTime(stream.segmentation.grid.frameTime(of: stream.next), plus: .zero)
    stream.window.announce(offset: .seconds(2), skipped: 0)
    let event = try stream.window.addEvent(
      at: begin + .milliseconds(2500), Array("1".utf8), now: begin)
    #expect(try text(stream).contains("ID=\"event-\(event.id)\""), "ahead of complete segments")
    stream.publish(frames: 4)
    let open = try text(stream)
    let tag = "#EXT-X-PROGRAM-DATE-TIME:\(UTCTime(begin + .seconds(2)).text)\n"
    #expect(open.contains("#EXT-X-DISCONTINUITY\n" + tag))
    #expect(!open.contains("DATERANGE:"))
    #expect(try !text(stream, .deltaWithDateRanges).contains("event-\(event.id)"))
    stream.publish(frames: 26)
    #expect(try text(stream).contains("ID=\"event-\(event.id)\""), "its segment is complete")
  }

  @Test("a closed playlist has the events of its span, and none that begin after it")
  func closed() throws {
    let start = WallTime.origin + .seconds(1_795_156_000)
    let segmentation = Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
    let first: Int64 = 1_795_156_000
    let segments = (first..<first + 4).map { number in
      PastSegment(
        number: number, duration: 90_000,
        programDateTime: start + .seconds(number - first), startsDiscontinuity: false,
        headerHash: "aaaaaaaa")
    }
    let events = [-1, 0, 3999, 4000].enumerated().map { index, offset in
      TimedEvent(
        id: UInt32(index), time: start + .milliseconds(Int64(offset)), data: Array("1".utf8))
    }
    let playlist = try #require(
      ClosedPlaylist(
        segments, .video(segmentation), names: MediaNames(.epoch, first: 1), base: "",
        targetDuration: 1, events: events))
    let tags = playlist.text.split(separator: "\n").filter { $0.contains("DATERANGE") }
    #expect(tags.map { $0.contains("event-1\"") } == [true, false])
    #expect(tags.map { $0.contains("event-2\"") } == [false, true])
  }
}
