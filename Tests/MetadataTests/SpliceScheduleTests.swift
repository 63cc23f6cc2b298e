// SPDX-License-Identifier: Apache-2.0

import Metadata
import Testing
import Time

@Suite("splice_schedule, ANSI/SCTE 35 §9.7.2")
struct SpliceScheduleTests {
  /// 2026-11-26T20:00:00Z in seconds since 1980-01-06T00:00:00Z, with 18 leap seconds.
  private static let evening: UInt32 = 1_479_758_418
  /// The same in seconds since 1970.
  private static let eveningDate = WallTime.origin + .seconds(1_795_723_200)

  /// A break, its return, a cancellation and a break whose components differ.
  private static let whole = SectionBuilder.schedule([
    SectionBuilder.scheduled(at: [evening], duration: 2_700_000),
    SectionBuilder.scheduled(isOut: false, at: [evening + 30]),
    SectionBuilder.cancelled(eventID: 75),
    SectionBuilder.scheduled(
      eventID: 76, at: [evening + 60, evening + 61], hasComponents: true, duration: 90_000),
  ])

  @Test("each event is a cue at its time, with leap seconds removed")
  func events() throws {
    let cues = try SpliceCue.readAll(Self.whole.bytes)
    #expect(cues.map(\.eventID) == [74, 74, 75, 76])
    #expect(cues.map(\.index) == [0, 1, 2, 3])
    #expect(
      cues.map(\.date) == [
        Self.eveningDate, Self.eveningDate + .seconds(30), nil, Self.eveningDate + .seconds(60),
      ])
    #expect(cues.map(\.plannedDuration) == [.seconds(30), nil, nil, .seconds(1)])
    #expect(cues.map(\.isCancellation) == [false, false, true, false])
    #expect(cues.map(\.isListed) == [true, true, false, true])
    #expect(cues.map(\.isImmediate) == [false, false, true, false])
    // The splice_insert of an event begins the break: "shall be sent at least once for every
    // splice event" (§9.7.3).
    #expect(cues.allSatisfy { $0.role == .command && $0.ticks == nil })
    #expect(cues.compactMap(\.scheduled).map(\.isOut) == [true, false, false, true])
    let event = try #require(cues.first?.scheduled)
    #expect(event.programID == 0x1234 && event.avail == 2 && event.availsExpected == 5)
    for cue in cues { #expect(try SpliceCue.read(Self.whole.bytes, at: cue.index) == cue) }
    #expect(try SpliceCue.read(Self.whole.bytes, at: 4) == nil)
    #expect(try SpliceCue.read(SectionBuilder.insert().bytes, at: 1) == nil)
  }

  @Test("the first and the last second that 32 bits can count")
  func extremes() throws {
    let cues = try SpliceCue.readAll(
      SectionBuilder.schedule([
        SectionBuilder.scheduled(at: [0]), SectionBuilder.scheduled(at: [.max]),
      ]).bytes)
    let dates: [WallTime?] = [315_964_782, 4_610_932_077].map { .origin + .seconds($0) }
    #expect(cues.map(\.date) == dates)
  }

  @Test("a schedule without events means nothing for viewers")
  func empty() throws {
    let section = SectionBuilder.schedule([]).bytes
    #expect(try SpliceCue.readAll(section).isEmpty)
    #expect(try SpliceCue.read(section) == nil)
  }

  @Test("its command may have no stated length")
  func unstatedLength() throws {
    var builder = Self.whole
    builder.commandLength = 0xFFF
    builder.descriptors = SectionBuilder.segmentation(0x34)
    let cues = try SpliceCue.readAll(builder.bytes)
    #expect(cues.count == 4 && cues[0].section.descriptors.map(\.type) == [0x34])
  }

  @Test("a schedule that is cut within any field is refused as a whole")
  func truncated() throws {
    for count in 0..<Self.whole.command.count {
      var builder = Self.whole
      builder.command = Array(builder.command.prefix(count))
      let error = #expect(throws: SpliceError.self) { try SpliceCue.readAll(builder.bytes) }
      guard case .truncated? = error else {
        Issue.record("\(count) bytes: \(String(describing: error))")
        continue
      }
    }
  }

  @Test("a count that is too large is refused, and one that is too small leaves events out")
  func counts() throws {
    let event = SectionBuilder.scheduled(at: [Self.evening])
    for count in [2, 255] {
      let section = SectionBuilder.schedule([event], count: count).bytes
      #expect(throws: SpliceError.self) { try SpliceCue.readAll(section) }
    }
    let fewer = SectionBuilder.schedule([event, event], count: 1).bytes
    #expect(try SpliceCue.readAll(fewer).count == 1)
    let most = SectionBuilder.schedule(
      (0..<255).map { SectionBuilder.cancelled(eventID: UInt32($0)) })
    #expect(try SpliceCue.readAll(most.bytes).count == 255)
  }

  @Test("components without bytes, and none at all, are refused")
  func components() throws {
    let none = SectionBuilder.scheduled(at: [], hasComponents: true)
    #expect(throws: SpliceError.invalid(field: "component_count", value: "0")) {
      try SpliceCue.readAll(SectionBuilder.schedule([none]).bytes)
    }
    var many = none
    many[6] = 255
    let section = SectionBuilder.schedule([many]).bytes
    #expect(throws: SpliceError.self) { try SpliceCue.readAll(section) }
  }

  @Test("the JSON text of an event says what is planned")
  func json() throws {
    let text =
      "0x"
      + SectionBuilder.schedule([
        SectionBuilder.scheduled(at: [Self.evening], duration: 2_700_000)
      ]).bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    let content = try EventContent.read(Array("{\"scte35\": \"\(text)\"}".utf8))
    let json = String(decoding: try #require(content.json), as: UTF8.self)
    #expect(
      json.hasPrefix(
        """
        {"scte35": {"command": "splice_schedule", "role": "command", "eventId": 74, \
        "milliseconds": 30000, "scheduled": "out", "uniqueProgramId": 4660, "avail": 2, \
        "availsExpected": 5, "base64": "
        """))
  }

  @Test("a text with a schedule of several events is refused: it would have several times")
  func several() {
    let digits = Self.whole.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    let error = #expect(throws: EventContentError.self) {
      try EventContent.read(Array("{\"scte35\": \"0x\(digits)\"}".utf8))
    }
    #expect(error?.description.contains("4 events") == true)
  }
}
