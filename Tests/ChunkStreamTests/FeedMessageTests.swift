// SPDX-License-Identifier: Apache-2.0

import ChunkStream
import Metadata
import Packaging
import Sharing
import Testing
import Time

@Suite("Messages of the feed of a stream")
struct FeedMessageTests {
  /// The messages are made for each test: constants would keep the memory of their chunks.
  private static var messages: [FeedMessage] {
    func segment(_ period: DiscontinuityPeriod) -> SegmentStart {
      SegmentStart(
        number: 1_795_155_720, firstFrame: 1_795_155_720 * 30,
        programDateTime: WallTime(nanoseconds: 1_795_155_720_000_000_000),
        startsDiscontinuity: true, period: period, isPrefill: false, discontinuities: 3)
    }
    let period = DiscontinuityPeriod(
      index: 2, firstSegment: 1_795_155_720, firstFrame: 1_795_155_720 * 30,
      offset: .nanoseconds(-5), headerHash: "0a1b2c3d")
    return [
      .stream(version: FeedMessage.version, [1, 2, 3]),
      .track(
        1, TrackFields(codecs: "mp4a.40.2", width: 0, height: 0, channels: 2, header: [1, 2, 3])),
      .segment(0, segment(period), gap: nil), .segment(1, segment(.initial), gap: 90_000),
      .chunk(ChunkMessage(chunk, track: 0)),
      .current, .status([4]), .ended,
      .event(0, TimedEvent(id: 7, time: WallTime(nanoseconds: 5), data: Array("{}".utf8))),
      .event(
        0,
        TimedEvent(
          id: 8, time: .origin, data: Array("{}".utf8), content: .id3(EventFields.tag),
          ended: .init(id: 4, start: WallTime(nanoseconds: -3), duration: .seconds(4)))),
    ]
  }

  private static var chunk: Chunk {
    Chunk(
      frameIndex: 7, frames: 5, segment: 3, isIndependent: true, duration: 5120,
      captured: WallTime(nanoseconds: -1), published: WallTime(nanoseconds: 9),
      bytes: SharedBytes([9, 8, 7]))
  }

  private static func payload(_ message: FeedMessage) -> [UInt8] { message.payload?.array ?? [] }

  private static var feed: [UInt8] { messages.flatMap { $0.bytes + payload($0) } }

  @Test(
    "a feed in pieces of any size has the messages that were sent", arguments: [1, 7, 64, 9999])
  func pieces(_ size: Int) throws {
    var parser = FeedParser()
    var found: [FeedMessage] = []
    var rest = Self.feed[...]
    while !rest.isEmpty {
      parser.add(Array(rest.prefix(size)))
      rest = rest.dropFirst(size)
      while let message = try parser.next() { found.append(message) }
    }
    #expect(found.map(\.bytes) == Self.messages.map(\.bytes))
    #expect(found.map(Self.payload) == Self.messages.map(Self.payload))
  }

  @Test("a message that is cut off, or has bytes behind its last field, is an error")
  func cutOff() {
    for message in Self.messages {
      let fields = Array(message.bytes.dropFirst(MessageHead.size))
      let payload = Self.payload(message)
      for wrong in [Array(fields.dropLast()), fields + [0]] where wrong != fields {
        #expect(throws: MessageError.self) {
          try FeedMessage(
            MessageHead(kind: message.bytes[0], fields: wrong.count, payload: payload.count),
            wrong, payload: payload.isEmpty ? nil : SharedBytes(payload))
        }
      }
    }
  }

  @Test("another version, an unknown kind and a size beyond its limit end the feed")
  func refused() throws {
    var parser = FeedParser()
    parser.add(FeedMessage.stream(version: 9, []).bytes)
    #expect(throws: MessageError.version(9, expected: FeedMessage.version)) { try parser.next() }
    parser = FeedParser()
    parser.add(MessageHead(kind: 99, fields: 0).bytes)
    #expect(throws: MessageError.unknownKind(99)) { try parser.next() }
    parser = FeedParser()
    parser.add(MessageHead(kind: 4, fields: 1, payload: MessageHead.maximumPayloadLength + 1).bytes)
    #expect(throws: MessageError.self) { try parser.next() }
    parser = FeedParser()
    parser.add(FeedMessage.current.bytes.dropLast())
    let unfinished = try parser.next()
    #expect(unfinished == nil)
  }

  @Test("a server of another version finds the version where the first one had it")
  func versions() throws {
    let bytes = FeedMessage.stream(version: FeedMessage.version, [7]).bytes
    #expect(bytes == [1, 0, 0, 0, 7, 0, 0, 0, 0, 0, 5, 0, 0, 0, 1, 7])
    var parser = FeedParser()
    parser.add([1, 0, 0, 0, 7, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 7])
    #expect(throws: MessageError.version(1, expected: 5)) { try parser.next() }
  }

  @Test("chunks of a prefill or of a period are none of a feed")
  func roles() {
    for role in [ChunkMessage.Role.prefill, .opening] {
      let message = FeedMessage.chunk(ChunkMessage(Self.chunk, track: 0, role: role))
      var parser = FeedParser()
      parser.add(message.bytes + Self.payload(message))
      #expect(throws: MessageError.self) { try parser.next() }
    }
  }
}
