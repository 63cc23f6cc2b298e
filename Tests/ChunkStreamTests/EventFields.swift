// SPDX-License-Identifier: Apache-2.0

import ChunkStream
import Metadata
import Packaging
import Testing
import Time

/// Events as messages contain them.
enum EventFields {
  static let tag: [UInt8] = Array("ID3".utf8) + [4, 0, 0, 0, 0, 0, 2, 1, 2]
  static let sets: [UInt8] = [6, 14, 43, 52] + [UInt8](repeating: 0, count: 12) + [1, 9]

  /// The return in a splice_schedule with a break of 12 s and its return.
  static var scheduled: SpliceCue {
    get throws {
      let digits = Array(
        ("FC3033000000000000FFFFF0220402000000017FFF58335252FE00107AC000010000000000017F5F"
          + "5833525E00010000000068CE0841").utf8)
      let section = stride(from: 0, to: digits.count, by: 2).compactMap { place in
        UInt8(String(decoding: digits[place..<place + 2], as: UTF8.self), radix: 16)
      }
      guard let cue = try SpliceCue.read(section, at: 1) else { throw EventRefusal.notLive }
      return cue
    }
  }

  /// A break of event 1 that begins at once.
  static var cue: SpliceCue {
    get throws {
      let section = "FC3020000000000000FFFFF00F05000000017FFFFE00107AC0000100000000EEEF4F7D"
      let content = try EventContent.read(Array("{\"scte35\": \"0x\(section)\"}".utf8))
      guard case .splice(let cue) = content else { throw EventRefusal.notLive }
      return cue
    }
  }
}

@Suite("Events of a feed")
struct EventFieldsTests {
  private func sent(_ event: TimedEvent) throws -> TimedEvent? {
    var parser = FeedParser()
    parser.add(FeedMessage.stream(version: FeedMessage.version, []).bytes)
    parser.add(FeedMessage.event(0, event).bytes)
    _ = try parser.next()
    guard case .event(0, let found)? = try parser.next() else { return nil }
    return found
  }

  @Test("an event has the same content at the other server")
  func content() throws {
    let contents: [EventContent] = [
      .splice(try EventFields.cue), .splice(try EventFields.scheduled), .id3(EventFields.tag),
      .klv(EventFields.sets, isSynchronous: false),
    ]
    for content in contents {
      let event = TimedEvent(
        id: 9, time: .origin, data: content.json ?? [], content: content,
        ended: .init(id: 4, start: WallTime(nanoseconds: 5), duration: .seconds(4)))
      #expect(try sent(event) == event)
    }
    let text = Array(#"{"x-asset-uri": "https://a/b", "duration": 4}"#.utf8)
    let event = TimedEvent(
      id: 9, time: .origin, data: text, content: try EventContent.read(text))
    #expect(try sent(event) == event && event.end == .origin + .seconds(4))
  }

  @Test("a damaged message, tag or set is an error")
  func damaged() throws {
    for content in [EventContent.id3([1, 2]), .klv([1, 2], isSynchronous: true)] {
      let event = TimedEvent(id: 1, time: .origin, data: [0x31], content: content)
      #expect(throws: MessageError.self) { try sent(event) }
    }
  }
}
