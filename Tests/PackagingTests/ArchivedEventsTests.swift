// SPDX-License-Identifier: Apache-2.0

import Metadata
import Packaging
import Testing
import Time

@Suite("Events of the past")
struct ArchivedEventsTests {
  private let start = WallTime.origin + .seconds(1_795_156_000)

  private func text(_ cue: SpliceCue) throws -> [UInt8] {
    try #require(EventContent.splice(cue).json)
  }

  @Test("a return to the network ends its break, and has its start")
  func breaks() throws {
    var found = ArchivedEvents()
    found.add(id: 1, time: start, data: try text(Splices.cue(.insert())))
    #expect(found.events[0].end == start + .seconds(3600))
    found.add(id: 2, time: start + .seconds(7), data: try text(Splices.cue(.insert(isOut: false))))
    #expect(found.events[0].end == start + .seconds(7))
    let ended = TimedEvent.Break(id: 1, start: start, duration: .seconds(7))
    #expect(found.events[1].ended == ended)
    // The window of a later run of the program does not know the beginning.
    let cue = try Splices.cue(.insert(isOut: false))
    found.add([
      TimedEvent(id: 2, time: start + .seconds(7), data: try text(cue), content: .splice(cue))
    ])
    #expect(found.events.count == 2 && found.events[1].ended == ended)
  }

  @Test("the events that a window knows replace those of the archive")
  func known() throws {
    var found = ArchivedEvents()
    found.add(id: 1, time: start, data: Array("1".utf8))
    found.add(id: 2, time: start, data: Array("2".utf8))
    found.add([TimedEvent(id: 2, time: start + .seconds(1), data: Array("3".utf8))])
    #expect(found.events.map(\.id) == [1, 2])
    #expect(found.events[1].time == start + .seconds(1))
  }

  @Test("data that are no JSON text, or too long, are left out")
  func foreign() {
    var found = ArchivedEvents()
    let long = "\"" + String(repeating: "x", count: TimedEvent.largestData) + "\""
    for text in ["", "{", "\u{0}", long] { found.add(id: 1, time: start, data: Array(text.utf8)) }
    #expect(found.events.isEmpty)
  }
}
