// SPDX-License-Identifier: Apache-2.0

import Media
import Metadata
import Packaging
import Sharing
import TestSupport
import Testing
import Time

@Suite("Splices in a window: cancelled, returning by themselves, and back to back")
struct SpliceEventTests {
  private var stream = SyntheticStream(.thirty, playlistLength: 4, retained: 8)

  init() {
    stream.window.goLive()
    stream.publish(frames: 95)
  }

  private func time(after frames: Int64) -> WallTime {
    WallTime(stream.segmentation.grid.frameTime(of: stream.next + frames), plus: .zero)
  }

  private func add(_ cue: SpliceCue, at time: WallTime) throws -> TimedEvent {
    let content = EventContent.splice(cue)
    return try stream.window.addEvent(at: time, content.json ?? [], content, now: time)
  }

  private var events: [TimedEvent] { stream.window.snapshot.events }

  /// The frames from now whose chunks carry a message.
  private mutating func carried(by count: Int) -> [Int] {
    (0..<count).filter { _ in
      stream.publish(frames: 1)
      let bytes = stream.window.snapshot.open?.chunks.last?.bytes.array ?? []
      return bytes.count > 8 && bytes[4...].starts(with: "emsg".utf8)
    }
  }

  @Test("a cancelled splice is in no playlist, and no chunk of its time carries it")
  mutating func cancelled() throws {
    let event = try add(try Splices.cue(.insert()), at: time(after: 6))
    _ = try add(try Splices.cue(.insert(eventID: 75)), at: time(after: 7))
    #expect(carried(by: 2) == [0])
    _ = try add(try Splices.cancelled(), at: time(after: -1))
    #expect(events.map(\.id) == [event.id + 1])
    #expect(stream.window.snapshot.cancelledEvents.map(\.id) == [event.id])
    #expect(carried(by: 8) == [0, 5], "the cancellation, and the other splice")
    // It may be announced and cancelled again.
    _ = try add(try Splices.cue(.insert()), at: time(after: 20))
    _ = try add(try Splices.cancelled(), at: time(after: 0))
    #expect(events.map(\.id) == [event.id + 1])
    #expect(throws: EventRefusal.repeated) {
      try add(try Splices.cancelled(), at: time(after: 1))
    }
  }

  @Test("a splice that has come is not cancelled; a cancelled return leaves its break open")
  mutating func begun() throws {
    let out = try add(try Splices.cue(.insert()), at: time(after: 2))
    _ = carried(by: 4)
    let back = try add(try Splices.cue(.insert(isOut: false)), at: time(after: 30))
    #expect(events.map(\.id) == [out.id, back.id] && events[0].end == back.time)
    _ = try add(try Splices.cancelled(), at: time(after: 0))
    #expect(events.map(\.id) == [out.id] && events[0].isOpenEnded)
    let other = try add(try Splices.cue(.insert(isOut: false)), at: time(after: 40))
    #expect(other.ended?.id == out.id)
  }

  @Test("events of a schedule are cancelled by their numbers, those of segmentation are others")
  func numbers() throws {
    _ = try add(try Splices.scheduled(isOut: true), at: time(after: 90))
    let signal = try Splices.signal([(0x30, 74)])
    _ = try add(signal[0], at: time(after: 90))
    _ = try add(try Splices.cancelled(), at: time(after: 0))
    #expect(events.map(\.content) == [.splice(signal[0])])
  }

  @Test("a cancellation in archived media removes the splice")
  func archived() throws {
    var found = ArchivedEvents()
    func text(_ cue: SpliceCue) throws -> [UInt8] {
      try #require(EventContent.splice(cue).json)
    }
    found.add(id: 1, time: time(after: 90), data: try text(Splices.cue(.insert())))
    found.add(id: 2, time: time(after: 95), data: try text(Splices.cue(.insert(eventID: 9))))
    found.add(id: 3, time: time(after: 0), data: try text(Splices.cancelled()))
    #expect(found.events.map(\.id) == [2, 3])
  }

  @Test("a cancelled return leaves its break open, also in the past")
  func archivedReturn() throws {
    var found = ArchivedEvents()
    let texts = [
      (0, try Splices.cue(.insert())), (95, try Splices.cue(.insert(isOut: false))),
      (50, try Splices.cancelled()),
    ]
    for (number, (frames, cue)) in zip(UInt32(1)..., texts) {
      found.add(
        id: number, time: time(after: Int64(frames)),
        data: try #require(EventContent.splice(cue).json))
    }
    #expect(found.events.map(\.id) == [1, 3])
    #expect(found.events.first?.isOpenEnded == true)
  }

  @Test("a break with auto_return ends by itself, unless a message ends it before")
  func autoReturn() throws {
    let start = time(after: 0)
    func length(_ milliseconds: Int64) -> Interval? {
      events[0].lengthOfReturned(by: start + .milliseconds(milliseconds), events)
    }
    let out = try add(try Splices.cue(.insert(returnsAfter: 2)), at: start)
    #expect(out.end == start + .seconds(2) && !out.isOpenEnded)
    #expect(length(2_250) == nil && length(2_251) == .seconds(2))
    let late = try add(try Splices.cue(.insert(isOut: false)), at: start + .milliseconds(2_300))
    #expect(late.ended == nil, "the break has ended")
    #expect(length(2_400) == .seconds(2))
  }

  @Test("a message ends a break with auto_return early, or at its end", arguments: [1_500, 2_200])
  func returned(milliseconds: Int64) throws {
    let start = time(after: 0)
    let out = try add(try Splices.cue(.insert(returnsAfter: 2)), at: start)
    let back = try add(
      try Splices.cue(.insert(isOut: false)), at: start + .milliseconds(milliseconds))
    #expect(back.ended?.id == out.id && back.ended?.duration == .milliseconds(milliseconds))
    #expect(events[0].lengthOfReturned(by: start + .seconds(9), events) == nil)
  }

  @Test("adverts back to back: each end belongs to its beginning")
  func backToBack() throws {
    var ends: [TimedEvent.Break] = []
    var begun: [UInt32] = []
    for advert in UInt8(0)..<4 {
      for cue in try Splices.signal([(0x31, advert), (0x30, advert + 1)]) {
        let event = try add(cue, at: time(after: 30 * Int64(advert)))
        if cue.role == .out { begun.append(event.id) }
        if let end = event.ended { ends.append(end) }
      }
    }
    #expect(ends.map(\.id) == Array(begun.dropLast()))
    #expect(ends.allSatisfy { $0.duration == .seconds(1) })
  }

  @Test("a pod and its advert with one number end with their own types")
  func types() throws {
    var ids: [UInt8: UInt32] = [:]
    for cue in try Splices.signal([(0x22, 9), (0x30, 9)]) {
      ids[try #require(cue.segmentationType)] = try add(cue, at: time(after: 0)).id
    }
    for cue in try Splices.signal([(0x31, 9)]) {
      #expect(try add(cue, at: time(after: 30)).ended?.id == ids[0x30])
    }
    for cue in try Splices.signal([(0x23, 9)]) {
      #expect(try add(cue, at: time(after: 60)).ended?.id == ids[0x22])
    }
  }
}
