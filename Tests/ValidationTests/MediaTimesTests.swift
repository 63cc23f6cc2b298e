// SPDX-License-Identifier: Apache-2.0

import Media
import Testing
import Time

@testable import Validation

/// A box with this content.
private func box(_ type: String, _ content: [UInt8]) -> [UInt8] {
  [0, 0, 0, UInt8(content.count + 8)] + Array(type.utf8) + content
}

/// A chunk, with a `prft` of 1.5 s after 1970.
private let dated =
  box("prft", [0, 0, 0, 24, 0, 0, 0, 1, 0x83, 0xAA, 0x7E, 0x81, 0x80, 0, 0, 0, 0, 0, 0, 9]) + plain
/// A chunk without.
private let plain = box("moof", [5]) + box("mdat", [6, 7, 8])

@Suite("Times of media by the clock that is requested or available")
struct MediaTimesTests {
  private let date = WallTime.origin + .seconds(9)

  /// The times of a response, in milliseconds with their clocks.
  private func text(_ wanted: AgeClock?, _ media: [UInt8], date: WallTime?) throws -> [String] {
    let times = MediaTimes(wanted)
    times.begin()
    var found = try times.take(media)
    if let whole = try times.end(date: date) { found.append(whole) }
    return found.map { "\($0.clock.rawValue) \($0.time.milliseconds)" }
  }

  @Test("prft of each chunk, and the date of the part without; or the one that is requested")
  func clocks() throws {
    #expect(try text(nil, dated + plain + dated, date: date) == ["prft 1500", "prft 1500"])
    #expect(try text(nil, plain, date: date) == ["pdt 9000"])
    #expect(try text(.pdt, dated, date: date) == ["pdt 9000"])
    #expect(try text(.prft, dated, date: nil) == ["prft 1500"])
  }

  @Test("media without a time, or cut, are an error")
  func faults() {
    for (wanted, media) in [(nil, plain), (.prft, plain), (.pdt, dated)] as [(AgeClock?, [UInt8])] {
      #expect(throws: MediaTimes.Fault.noTime(wanted)) {
        try text(wanted, media, date: wanted == .prft ? date : nil)
      }
    }
    #expect(throws: MediaTimes.Fault.cut) { try text(nil, Array(plain.dropLast()), date: date) }
    #expect(throws: MediaTimes.Fault.notBoxes) {
      try text(nil, [0, 0, 0, 7] + Array("mdat".utf8), date: date)
    }
    let frames = MediaTimes(.burned)
    #expect(frames.needsHeader && !MediaTimes(nil).needsHeader)
    // A fragment in place of a header.
    #expect(throws: MediaTimes.Fault.self) { try frames.take(header: box("moof", [])) }
  }
}

@Suite("Dates of playlists, RFC 8216bis §4.4.4.6")
struct ProgramDateTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Lines of a playlist without `#EXT`; D and a number are a date, in seconds after 1970.
    let lines: String
    /// Milliseconds after 1970.
    let next: Int64?
  }

  private static let rows = [
    Row(testDescription: "no date", lines: "INF:1, a", next: nil),
    Row(testDescription: "a segment", lines: "D10 INF:1.5,x a", next: 11_500),
    Row(testDescription: "two segments", lines: "D10 INF:1, a INF:2, b", next: 13_000),
    Row(testDescription: "a later date", lines: "D10 INF:1, a D20 INF:1, b", next: 21_000),
    Row(
      testDescription: "parts of the open segment",
      lines: "D10 INF:1, a D11 -X-PART:DURATION=0.25,URI=\"p\" -X-PART:URI=\"q\",DURATION=0.25",
      next: 11_500),
    Row(
      testDescription: "parts of a complete segment count once",
      lines: "D10 -X-PART:DURATION=0.5 -X-PART:DURATION=0.5 INF:1, a", next: 11_000),
    Row(
      testDescription: "a date after the parts",
      lines: "-X-PART:DURATION=0.5 D10 -X-PART:DURATION=0.5", next: 11_000),
    Row(
      testDescription: "unknown after a Discontinuity",
      lines: "D10 INF:1, a -X-DISCONTINUITY INF:1, b", next: nil),
    Row(
      testDescription: "a date before a Discontinuity",
      lines: "D10 INF:1, a D30 -X-DISCONTINUITY -X-PART:DURATION=0.5", next: 30_500),
    Row(
      testDescription: "a date after a Discontinuity",
      lines: "D10 INF:1, a -X-DISCONTINUITY D30 INF:1, b", next: 31_000),
    Row(testDescription: "a duration that is none", lines: "D10 INF:x, a", next: nil),
    Row(testDescription: "a negative duration", lines: "D10 INF:-1, a", next: nil),
    Row(testDescription: "an endless duration", lines: "D10 INF:1e300, a", next: nil),
    Row(testDescription: "a part without duration", lines: "D10 -X-PART:URI=\"p\"", next: nil),
    Row(
      testDescription: "a date that is none",
      lines: "D10 INF:1, a -X-PROGRAM-DATE-TIME:now INF:1, b", next: nil),
  ]

  @Test("the time of the media that is not listed", arguments: rows)
  func dates(row: Row) throws {
    let lines = row.lines.split(separator: " ").map { word in
      guard word.first?.isLowercase == false else { return String(word) }
      return word.wholeMatch(of: #/D\d+/#) == nil
        ? "#EXT" + word : "#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:\(word.dropFirst()).000Z"
    }
    let text = PlaylistText(Array((["#EXTM3U"] + lines).joined(separator: "\n").utf8))
    let playlist = MediaPlaylist(text)
    let last = try #require(playlist.listed.last)
    let parts = last.parts.reduce(0) { $0 + $1.duration }
    let next = playlist.date(of: last).map { $0 + (last.uri == nil ? parts : last.duration) }
    #expect(next.map { Int64($0 * 1000) } == row.next)
  }

  @Test(
    "dates with time zones",
    arguments: [
      ("1970-01-01T00:00:01Z", 1000), ("1970-01-01T01:00:01.5+01:00", 1500),
      ("1970-01-01T00:30:00+0030", 0), ("1969-12-31T23:00:00-01:00", nil),
      ("1970-01-01T00:00:00-05:00", 18_000_000), ("1970-01-01T00:00:01", nil),
      ("2024-02-29T12:00:00.123456Z", 1_709_208_000_123), ("1970-13-01T00:00:01Z", nil),
      ("1970-01-01T00:00:00.000000000001Z", 0), ("1970-01-01T00:00:00.0000000000001Z", nil),
      ("1970-01-01T00:00:00.Z", nil), ("1970-01-01T00:00:00Z ", nil), ("+970-01-01T00:00:00Z", nil),
      ("1970-01-01T00:00:00+01", nil), ("", nil),
    ] as [(String, Int64?)])
  func zones(text: String, milliseconds: Int64?) {
    #expect(InstantText.date(text)?.milliseconds == milliseconds)
  }
}
