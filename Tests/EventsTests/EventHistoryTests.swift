// SPDX-License-Identifier: Apache-2.0

import Logging
import Testing
import Time

@testable import Events

@Suite("The history of events")
struct EventHistoryTests {
  private static let start = WallTime.origin + .seconds(1_795_406_410)

  private func record(_ event: String, stream: String? = "live") -> LogRecord {
    LogRecord(
      level: .warning, event: event, stream: stream, message: "it \"broke\"", time: Self.start)
  }

  @Test("numbers rise by one from the milliseconds of the start, and stay exact in JSON")
  func numbers() {
    var history = EventHistory(start: Self.start)
    history.add(record("a"), data: nil)
    history.add(record("b"), data: nil)
    #expect(history.events.map(\.number) == [1_795_406_410_000_001, 1_795_406_410_000_002])
    let inAThousandYears = WallTime.origin + .seconds(9_000_000_000)
    #expect(EventHistory(start: inAThousandYears).last < 1 << 53)
    #expect(EventHistory(start: Self.start + .seconds(1)).last > history.last)
  }

  @Test("events after a number of this run or of another are given, oldest first")
  func after() {
    var history = EventHistory(start: Self.start)
    for name in ["a", "b", "c"] { history.add(record(name), data: nil) }
    func names(_ number: Int64) -> [String] { history.events(after: number).map(\.record.event) }
    #expect(names(0) == ["a", "b", "c"])
    #expect(names(history.last - 1) == ["c"])
    #expect(names(history.last).isEmpty && names(.max).isEmpty)
  }

  @Test("the oldest events are forgotten; none are added after the end")
  func bounds() {
    var history = EventHistory(start: Self.start)
    for _ in 0..<EventHistory.limit + 5 { history.add(record("a"), data: nil) }
    #expect(history.events.count == EventHistory.limit)
    #expect(history.events.first?.number == history.last - Int64(EventHistory.limit) + 1)
    history.close()
    history.add(record("late"), data: nil)
    #expect(history.events.last?.record.event == "a")
  }

  @Test("events about removed media of a stream are forgotten, and no others")
  func removed() {
    let events = ProgramEvents(start: Self.start)
    let second = Self.start..<Self.start + .seconds(1)
    for stream in ["live", "other"] {
      for time in [second.lowerBound, second.upperBound] {
        events.add("timed-event", stream: stream, "x", about: time)
      }
      events.add("viewers", stream: stream, "1")
    }
    events.forget(second, of: "live")
    let first = events.last - 5
    #expect(events.events(after: 0).map(\.number) == (1...5).map { first + $0 })
  }

  @Test("an event is one line of JSON, also with data of several lines")
  func json() throws {
    var history = EventHistory(start: Self.start)
    history.add(record("source-gone"), data: nil)
    #expect(
      history.events.first?.json == """
        {"id":1795406410000001,"time":"2026-11-23T04:00:10.000Z","level":"warning",\
        "stream":"live","event":"source-gone","message":"it \\"broke\\""}
        """)
    let events = ProgramEvents(start: Self.start)
    events.add("viewers", stream: nil, "2 viewers", data: "{\"viewers\":\n2}")
    let last = try #require(events.events(after: 0).last?.json)
    #expect(last.hasSuffix("\"message\":\"2 viewers\",\"data\":{\"viewers\": 2}}"))
    #expect(!last.contains("\n") && !last.contains("\"stream\""))
  }

  @Test("a log gives its lines to the events, those below its level too, but no debug lines")
  func listener() {
    let events = ProgramEvents(start: Self.start)
    let log = Log(format: .text, least: .error) { _ in }
    events.follow(log)
    log.write(.debug, "a", "x")
    log.write(.info, "b", stream: "live", "rtmp://host/app/SECRET-KEY-OF-PUBLISHERS")
    log.write(.error, "c", "x")
    let found = events.events(after: 0)
    #expect(found.map(\.record.event) == ["b", "c"])
    #expect(found.allSatisfy { !$0.json.contains("SECRET") })
  }
}
