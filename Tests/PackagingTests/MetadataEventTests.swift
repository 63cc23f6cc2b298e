// SPDX-License-Identifier: Apache-2.0

import CMAF
import Media
import Metadata
import Packaging
import Sharing
import TestSupport
import Testing
import Time

@Suite("Metadata in a window")
struct MetadataEventTests {
  private func live() -> SyntheticStream {
    var stream = SyntheticStream(.thirty, playlistLength: 4, retained: 8)
    stream.window.goLive()
    stream.publish(frames: 95)
    return stream
  }

  private func time(_ stream: SyntheticStream, after frames: Int64) -> WallTime {
    WallTime(stream.segmentation.grid.frameTime(of: stream.next + frames), plus: .zero)
  }

  /// The scheme of each `emsg` in the newest chunk.
  private func schemes(_ stream: SyntheticStream) throws -> [String] {
    let bytes = try #require(stream.window.snapshot.open?.chunks.last).bytes.array
    var (found, start): ([String], Int) = ([], 0)
    while bytes.count - start > 32, bytes[(start + 4)...].starts(with: "emsg".utf8) {
      let size = bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
      let scheme = bytes[(start + 32)..<start + size].prefix { $0 != 0 }
      found.append(String(decoding: scheme, as: UTF8.self))
      start += size
    }
    return found
  }

  private func add(
    _ content: EventContent, to stream: SyntheticStream, at time: WallTime
  ) throws -> TimedEvent {
    try stream.window.addEvent(at: time, content.json ?? [], content, now: time)
  }

  private let data = "urn:streamer:event"
  private let splice = "urn:scte:scte35:2013:bin"

  @Test("the next chunk announces a splice, and the chunk that contains its time carries it again")
  func repeated() throws {
    var stream = live()
    // Within the fifth frame from now.
    let cue = try Splices.cue(.insert())
    _ = try add(.splice(cue), to: stream, at: time(stream, after: 4) + .milliseconds(10))
    var carried: [Int] = []
    for frame in 0..<8 {
      stream.publish(frames: 1)
      let found = try schemes(stream)
      guard !found.isEmpty else { continue }
      #expect(found == [data, splice])
      carried.append(frame)
    }
    #expect(carried == [0, 4])
  }

  @Test("a splice that is not ahead is carried once")
  func atOnce() throws {
    var stream = live()
    _ = try add(.splice(try Splices.cue(.insert())), to: stream, at: time(stream, after: -9))
    stream.publish(frames: 1)
    #expect(try schemes(stream) == [data, splice])
    stream.publish(frames: 1)
    #expect(try schemes(stream).isEmpty)
  }

  @Test("tags and sets are in the chunk that contains their time, and in no playlist")
  func unlisted() throws {
    var stream = live()
    let sets: [UInt8] = [6, 14, 43, 52] + [UInt8](repeating: 0, count: 12) + [1, 9]
    let first = try add(
      .klv(sets, isSynchronous: true), to: stream, at: time(stream, after: 2))
    let second = try add(.id3([73]), to: stream, at: time(stream, after: 2))
    #expect(second.id == first.id + 1 && first.id >= 0x8000_0000)
    var carried: [[String]] = []
    for _ in 0..<4 {
      stream.publish(frames: 1)
      carried.append(try schemes(stream))
    }
    #expect(
      carried == [[], [], ["urn:misb:KLV:bin:1910.1", "https://aomedia.org/emsg/ID3"], []])
    #expect(stream.window.snapshot.events.isEmpty)
    #expect(stream.window.snapshot.unlistedEvents.map(\.id) == [first.id, second.id])
  }

  @Test(
    "of tags and sets a window keeps the newest 256, and they leave no listed event without room")
  func bounds() throws {
    let stream = live()
    let now = time(stream, after: 0)
    for _ in 0..<400 { _ = try add(.id3([1]), to: stream, at: now) }
    #expect(stream.window.snapshot.unlistedEvents.count == TimedEvent.maximumUnlisted)
    for _ in 0..<TimedEvent.maximumPerWindow { _ = try add(.data, to: stream, at: now) }
    #expect(throws: EventRefusal.tooMany) { try add(.data, to: stream, at: now) }
  }

  @Test("a reader gets each event once, listed or not")
  func cursor() throws {
    let stream = live()
    let now = time(stream, after: 0)
    var cursor = EventCursor(after: stream.window.snapshot)
    var found: [UInt32] = []
    var added: [UInt32] = []
    for round in 0..<4 {
      for content in [EventContent.id3([1]), .data, .id3([2])].prefix(round) {
        added.append(try add(content, to: stream, at: now).id)
      }
      found += cursor.takeNew(stream.window.snapshot).map(\.id)
    }
    #expect(found.sorted() == added.sorted())
    let rest = cursor.takeNew(stream.window.snapshot)
    #expect(rest.isEmpty)
  }

  @Test("a repeated message is refused; another time, number or type is another one")
  func repetitions() throws {
    let stream = live()
    let start = time(stream, after: 60)
    func add(_ section: SectionFields, _ time: WallTime) throws {
      _ = try self.add(.splice(try Splices.cue(section)), to: stream, at: time)
    }
    try add(.insert(), start)
    #expect(throws: EventRefusal.repeated) { try add(.insert(), start + .milliseconds(40)) }
    try add(.insert(eventID: 75), start)
    try add(.insert(), start + .seconds(1))
    try add(.insert(isOut: false), start + .seconds(1))
    try add(.insert(hasTime: false), start + .seconds(5))
    #expect(throws: EventRefusal.repeated) {
      try add(.insert(hasTime: false), start + .seconds(7))
    }
    try add(.insert(hasTime: false), start + .seconds(20))
  }

  @Test("events of a schedule are no breaks, and are repeated only at their times")
  func schedule() throws {
    let stream = live()
    let start = time(stream, after: 300)
    func add(isOut: Bool, _ distance: Interval) throws -> TimedEvent {
      let cue = try Splices.scheduled(isOut: isOut)
      return try self.add(.splice(cue), to: stream, at: start + distance)
    }
    let out = try add(isOut: true, .zero)
    #expect(out.end == out.time && out.isListed)
    // Within the time in which a message without a time may be repeated.
    let back = try add(isOut: false, .seconds(8))
    #expect(back.ended == nil)
    #expect(throws: EventRefusal.repeated) { try add(isOut: true, .milliseconds(30)) }
    _ = try add(isOut: true, .seconds(9))
    // The messages of the break itself.
    let begun = try self.add(.splice(try Splices.cue(.insert())), to: stream, at: start)
    let ends = try self.add(
      .splice(try Splices.cue(.insert(isOut: false))), to: stream, at: start + .seconds(8))
    #expect(ends.ended?.id == begun.id)
  }

  @Test("a return ends the newest break with its number, once")
  func pairs() throws {
    let stream = live()
    let start = time(stream, after: 10)
    func add(_ section: SectionFields, _ distance: Interval) throws -> TimedEvent {
      try self.add(.splice(try Splices.cue(section)), to: stream, at: start + distance)
    }
    #expect(try add(.insert(isOut: false), .zero).ended == nil)
    let begun = try add(.insert(), .seconds(1)).id
    _ = try add(.insert(eventID: 75), .seconds(2))
    #expect(
      try add(.insert(isOut: false), .seconds(4)).ended
        == .init(id: begun, start: start + .seconds(1), duration: .seconds(3)))
    #expect(try add(.insert(isOut: false), .seconds(9)).ended == nil)
    let out = stream.window.snapshot.events[1]
    #expect(out.time == start + .seconds(1) && out.end == start + .seconds(4))
  }
}

/// The fields of a splice_insert that these tests vary.
struct SectionFields {
  var eventID: UInt8 = 74
  var isOut = true
  var hasTime = true
  /// The seconds after which a break ends by itself; nil for a break without a length.
  var returnsAfter: UInt8?

  static func insert(
    eventID: UInt8 = 74, isOut: Bool = true, hasTime: Bool = true, returnsAfter: UInt8? = nil
  ) -> SectionFields {
    SectionFields(eventID: eventID, isOut: isOut, hasTime: hasTime, returnsAfter: returnsAfter)
  }
}

enum Splices {
  /// The message of a splice_insert; the window takes the time of the event from its caller.
  static func cue(_ fields: SectionFields) throws -> SpliceCue {
    let flags: UInt8 = (fields.isOut ? 0x80 : 0) | 0x4F | (fields.hasTime ? 0 : 0x10)
    var length: [UInt8] = []
    if let seconds = fields.returnsAfter {
      let ticks = UInt32(seconds) * 90_000
      length = [0xFE] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: ticks >> UInt32($0)) }
    }
    return try cue(
      type: 5,
      [0, 0, 0, fields.eventID, 0x7F, flags | (length.isEmpty ? 0 : 0x20)]
        + (fields.hasTime ? [0xFE, 0, 0, 0, 1] : []) + length + [0, 1, 0, 0])
  }

  /// The splice_insert that cancels an event.
  static func cancelled(eventID: UInt8 = 74) throws -> SpliceCue {
    try cue(type: 5, [0, 0, 0, eventID, 0xFF])
  }

  /// The cues of a time_signal with segmentation descriptors: types, and numbers of events.
  static func signal(_ descriptors: [(type: UInt8, eventID: UInt8)]) throws -> [SpliceCue] {
    let loop = descriptors.flatMap { found -> [UInt8] in
      [0x02, 19] + Array("CUEI".utf8)
        + [0, 0, 0, found.eventID, 0x7F, 0xBF, 8, 4, 0, 0, 0, 0, found.type, 1, 1]
    }
    let bytes = section(type: 6, [0xFE, 0, 0, 0, 1], loop)
    return try SpliceCue.readAll(bytes)
  }

  /// A splice_schedule of one event with the number 74.
  static func scheduled(isOut: Bool) throws -> SpliceCue {
    try cue(type: 4, [1, 0, 0, 0, 74, 0x7F, isOut ? 0xDF : 0x5F, 0x58, 0, 0, 0, 0, 1, 0, 0])
  }

  private static func cue(type: UInt8, _ command: [UInt8]) throws -> SpliceCue {
    try #require(try SpliceCue.read(section(type: type, command)))
  }

  private static func section(
    type: UInt8, _ command: [UInt8], _ descriptors: [UInt8] = []
  ) -> [UInt8] {
    let body: [UInt8] =
      [0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xF0, UInt8(command.count), type] + command
      + [0, UInt8(descriptors.count)] + descriptors
    let section: [UInt8] = [0xFC, 0x30, UInt8(body.count + 4)] + body
    let sum = SectionChecksum.remainder(section)
    return section + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: sum >> UInt32($0)) }
  }
}
