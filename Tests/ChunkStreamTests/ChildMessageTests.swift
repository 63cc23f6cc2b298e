// SPDX-License-Identifier: Apache-2.0

import ChunkStream
import Media
import Metadata
import Packaging
import Sharing
import Testing
import Time

/// One message and its name.
private struct Row: Sendable, CustomTestStringConvertible {
  let message: ChildMessage
  var testDescription: String { "\(message)".prefix(60).description }

  static let track = TrackFields(
    codecs: "avc1.64001f", width: 1280, height: 720, channels: 0, header: [1, 2, 3])

  /// The messages are made for each test: constants would keep the memory of their chunks.
  static var all: [Row] {
    let messages: [ChildMessage] = [
      .hello(version: ChildMessage.version, protections: 7), .facts([1, 2]),
      .refused(kind: 2, reason: "no such host"), .opened, .failed(kind: 1, reason: ""),
      .sourceEnded, .irregular, .track(0, track), .live(3),
      .chunk(
        ChunkMessage(
          Chunk(
            frameIndex: 1_795_155_720 * 30, segment: 1_795_155_720, isIndependent: true,
            duration: 3000, captured: WallTime(nanoseconds: 1_795_155_720_000_000_000),
            published: WallTime(nanoseconds: 1_795_155_720_000_000_001),
            bytes: SharedBytes([9, 8, 7])), track: 1, offset: .nanoseconds(-5))),
      .chunk(
        ChunkMessage(
          Chunk(
            frameIndex: 7, frames: 5, isIndependent: false, duration: 5120,
            captured: WallTime(nanoseconds: -1), published: .origin, bytes: SharedBytes([0])),
          track: 0, role: .opening)),
      .chunk(
        ChunkMessage(
          Chunk(
            frameIndex: 12, frames: 5, isIndependent: false, isStill: true, duration: 5120,
            captured: WallTime(nanoseconds: -1), published: .origin, bytes: SharedBytes([0])),
          track: 0)),
      .chunk(
        ChunkMessage(
          Chunk(
            frameIndex: 13, isIndependent: false, duration: 3000, shift: -6000,
            captured: .origin, published: .origin, bytes: SharedBytes([0])),
          track: 0)),
      .period(0, PeriodFields(offset: .nanoseconds(12), skipped: 2, track: track)),
      .period(2, PeriodFields(offset: .nanoseconds(-12), skipped: 0)),
      .step(0, offset: .seconds(3600), skipped: 3600), .gap(1, segment: 17), .status([]),
      .log(level: 2, event: "source-gone", text: "the source is gone; \u{1F600}"),
      .tracksChanged, .unfit(reason: "the stream has B-frames"), .unpaced(reason: "21 arrive"),
      .audioAppeared([3, 4]), .otherRate(reason: "25 follow 30", [5, 6]),
      .outage(nil),
      .outage(OutageFields(kind: "denied", reason: "401 Unauthorized", wait: .seconds(30))),
      .outage(OutageFields(kind: "no-sender", reason: "", wait: nil)),
      .event(
        time: WallTime(nanoseconds: 6), mediaTime: MediaTime(nanoseconds: 7),
        .id3(EventFields.tag)),
      .event(time: .origin, mediaTime: .origin, .klv(EventFields.sets, isSynchronous: true)),
    ]
    let cue = (try? CueText("Hello\nthere")).map { text in
      ChildMessage.cue(
        time: WallTime(nanoseconds: 8),
        SourceCue(text, Language("ger"), duration: .milliseconds(1500)))
    }
    let placed = (try? CueText(marked: "Hello\n\(TextColour.red.mark)there")).map { text in
      ChildMessage.cue(
        time: WallTime(nanoseconds: 8),
        SourceCue(
          text, Language("ger"), duration: .milliseconds(1500),
          position: CuePosition(line: 74, align: .end)))
    }
    return (messages + [cue, placed].compactMap(\.self)).map { Row(message: $0) }
  }
}

@Suite("Messages of the process of a source")
struct ChildMessageTests {
  /// Reads the bytes that were sent; nil if they are no message.
  private func read(_ bytes: [UInt8], payload: SharedBytes? = nil) throws -> ChildMessage {
    let head = try MessageHead(Array(bytes.prefix(MessageHead.size)))
    return try ChildMessage(head, Array(bytes.dropFirst(MessageHead.size)), payload: payload)
  }

  @Test("a message is read as it was sent", arguments: Row.all)
  private func roundTrip(_ row: Row) throws {
    let bytes = row.message.bytes
    let again = try read(bytes, payload: row.message.payload)
    #expect(again.bytes == bytes)
    #expect("\(again)".prefix(40) == "\(row.message)".prefix(40))
  }

  @Test("a message that is cut off is an error at every byte", arguments: Row.all)
  private func cutOff(_ row: Row) {
    let bytes = row.message.bytes
    for count in MessageHead.size..<max(MessageHead.size, bytes.count) {
      #expect(throws: MessageError.self) {
        try read(Array(bytes.prefix(count)), payload: row.message.payload)
      }
    }
  }

  @Test("bytes behind the last field are an error", arguments: Row.all)
  private func excess(_ row: Row) {
    #expect(throws: MessageError.self) {
      try read(row.message.bytes + [0], payload: row.message.payload)
    }
  }

  @Test("another version is refused by its number")
  func version() {
    #expect(throws: MessageError.version(99, expected: ChildMessage.version)) {
      try read(ChildMessage.hello(version: 99, protections: 0).bytes)
    }
  }

  @Test("sizes beyond their limits are refused before anything is read")
  func sizes() {
    let heads = [
      MessageHead(kind: 9, fields: MessageHead.maximumFieldsLength + 1),
      MessageHead(kind: 9, fields: 1, payload: MessageHead.maximumPayloadLength + 1),
      MessageHead(kind: 9, fields: Int(UInt32.max)),
    ]
    for head in heads { #expect(throws: MessageError.self) { try MessageHead(head.bytes) } }
  }

  @Test("a payload without a chunk, and a chunk without a payload, are errors")
  func payloads() throws {
    let opened = MessageHead(kind: 4, fields: 0, payload: 3)
    #expect(throws: MessageError.excess(3)) {
      try ChildMessage(opened, [], payload: SharedBytes([1, 2, 3]))
    }
    #expect(throws: MessageError.self) { try read(Row.all[9].message.bytes) }
  }

  @Test("unknown kinds, tracks and roles are refused")
  func enumerations() {
    #expect(throws: MessageError.unknownKind(99)) {
      try ChildMessage(MessageHead(kind: 99, fields: 0), [], payload: nil)
    }
    #expect(throws: MessageError.self) { try read(ChildMessage.live(32).bytes) }
    var bytes = Row.all[9].message.bytes
    bytes[MessageHead.size + 1] = 4
    #expect(throws: MessageError.self) { try read(bytes, payload: SharedBytes([1])) }
  }

  @Test("a chunk that is presented when it is decoded states no shift")
  func shift() throws {
    let chunk = Chunk(
      frameIndex: 13, isIndependent: false, duration: 3000, shift: -6000, captured: .origin,
      published: .origin, bytes: SharedBytes([0]))
    var bytes = ChildMessage.chunk(ChunkMessage(chunk, track: 0)).bytes
    guard case .chunk(let found) = try read(bytes, payload: chunk.bytes) else {
      Issue.record("no chunk")
      return
    }
    #expect(found.chunk.shift == -6000 && found.chunk.duration == 3000)
    #expect(ChildMessage.chunk(found).bytes == bytes)
    // After track, role, frame index, number of frames, no segment, and flags.
    let place = MessageHead.size + 20
    bytes.replaceSubrange(place..<place + 4, with: [0, 0, 0, 0])
    #expect(throws: MessageError.self) { try read(bytes, payload: chunk.bytes) }
  }

  @Test("codecs and events consist of the permitted characters")
  func words() {
    var track = Row.track
    track.codecs = "avc1\"\n"
    #expect(throws: MessageError.self) { try read(ChildMessage.track(0, track).bytes) }
    #expect(throws: MessageError.self) {
      try read(ChildMessage.log(level: 1, event: "a\",\"b", text: "").bytes)
    }
  }

  @Test("an outage has a word as its kind, and a wait of at most a day")
  func outages() throws {
    let days = OutageFields(kind: "refused", reason: "", wait: .seconds(400_000))
    #expect(days.wait == .seconds(86_400))
    #expect(OutageFields(kind: "refused", reason: "", wait: .seconds(-1)).wait == .zero)
    let long = OutageFields(
      kind: "refused", reason: String(repeating: "\u{1F600}", count: 4000), wait: nil)
    #expect((try? read(ChildMessage.outage(long).bytes)) != nil)
    for kind in ["", "a\",\"b", "Denied", String(repeating: "a", count: 21)] {
      let fields = OutageFields(kind: kind, reason: "", wait: nil)
      #expect(throws: MessageError.self) { try read(ChildMessage.outage(fields).bytes) }
    }
    // The last eight bytes are the wait.
    for wait in [-1, Int64.min, Int64.max, 86_400_000_000_001] {
      var bytes = ChildMessage.outage(days).bytes
      bytes.replaceSubrange(bytes.count - 8..<bytes.count, with: bytesOf(wait))
      #expect(throws: MessageError.self) { try read(bytes) }
    }
  }

  private func bytesOf(_ number: Int64) -> [UInt8] {
    var writer = FieldWriter()
    writer.add(number)
    return writer.bytes
  }

  @Test("a long text is shortened by its sender")
  func longText() throws {
    let text = String(repeating: "\u{1F600}", count: 4000)
    let message = try read(ChildMessage.log(level: 1, event: "event", text: text).bytes)
    guard case .log(_, _, let read) = message else {
      Issue.record("\(message)")
      return
    }
    #expect(read.utf8.count <= ChildMessage.maximumTextLength)
    #expect(read.hasPrefix("\u{1F600}\u{1F600}"))
  }
}

@Suite("Messages of the server to the process of a source")
struct ParentMessageTests {
  @Test(
    "a message is read as it was sent, and cut off it is an error",
    arguments: [
      .process(version: ChildMessage.version, [5]),
      .start(version: ChildMessage.version, [1, 2, 3]), .session([4]), .stop(isEnding: true),
      .key(3),
    ] as [ParentMessage])
  func roundTrip(_ message: ParentMessage) throws {
    let head = try MessageHead(Array(message.bytes.prefix(MessageHead.size)))
    let fields = Array(message.bytes.dropFirst(MessageHead.size))
    #expect(try ParentMessage(head, fields) == message)
    #expect(throws: MessageError.self) { try ParentMessage(head, Array(fields.dropLast())) }
  }
}
