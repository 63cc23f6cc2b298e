// SPDX-License-Identifier: Apache-2.0

import Encryption
import Testing
import Time

@Suite("Keys of a stream")
struct KeyTests {
  static func key(_ number: UInt8) throws -> ContentKey {
    try #require(
      ContentKey(
        identifier: [UInt8](repeating: number, count: 16),
        key: [UInt8](repeating: 0x40 | number, count: 16)))
  }

  @Test("the keys of a file follow one another by the number of the segment")
  func turns() throws {
    let keys = try (1...3).map { try Self.key($0) }
    let stream = try #require(StreamKeys(keys, KeyRotation(segments: 4, of: .seconds(1))))
    #expect(
      (0..<16).map { stream.key(of: $0).identifier[0] }
        == [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 1, 1, 1, 1])
    #expect(stream.next(after: 7)?.identifier.first == 3)
  }

  @Test("a licence has the present key, the next one, and known ones that are asked for")
  func licence() throws {
    let keys = try (1...4).map { try Self.key($0) }
    let stream = try #require(StreamKeys(keys, KeyRotation(segments: 4, of: .seconds(1))))
    let unknown = [UInt8](repeating: 9, count: 16)
    let found = stream.licence(for: [keys[3].identifier, unknown], at: 5)
    #expect(found.map { $0.identifier[0] } == [2, 3, 4])
  }

  @Test("a key of a key server applies from its segment on, and never to earlier ones")
  func table() throws {
    let stream = StreamKeys(first: try Self.key(1), KeyRotation(segments: 10, of: .seconds(1)))
    stream.add(try Self.key(2), of: 10, at: .origin)
    stream.add(try Self.key(3), of: 9, at: .origin)
    #expect(stream.key(of: 99).identifier[0] == 1)
    #expect(stream.key(of: 100).identifier[0] == 2)
    #expect(stream.next(after: 99)?.identifier.first == 2)
    #expect(stream.next(after: 100) == nil)
  }

  private static func time(_ seconds: Int64) -> WallTime { .origin + .seconds(seconds) }

  /// Four nominal segments of a second: a key period of 4 s.
  private static let uneven = KeyRotation(segments: 4, of: .seconds(1), hasVariableDuration: true)

  /// The keys of a stream with a segment per 2.5 s, by number, from `first` at a time on.
  private static func numbers(
    _ stream: StreamKeys, first: Int64, at start: Int64, count: Int
  ) -> [UInt8] {
    for index in 0..<Int64(count) {
      // Video and audio of a segment, in parts of half a second.
      for part in 0..<Int64(10) {
        let now = time(start) + .milliseconds(2500 * index + 250 * part)
        _ = stream.key(publishing: first + index, at: now)
      }
    }
    return (0..<Int64(count)).compactMap { stream.key(of: first + $0).identifier.first }
  }

  @Test("keys of segments of variable duration follow the clock, two segments after it")
  func clock() throws {
    let keys = try (1...3).map { try Self.key($0) }
    // The segments begin at 100, 102.5, … s; the key periods at 100, 104, … s, of key 2 first.
    let stream = try #require(StreamKeys(keys, Self.uneven))
    let found = Self.numbers(stream, first: 100, at: 100, count: 10)
    #expect(found == [2, 2, 2, 3, 3, 1, 2, 2, 3, 3])
    #expect(stream.next(after: 109)?.identifier.first == 1)
    // The numbers are behind the time by then. After a restart they are those of the time again.
    let restarted = try #require(StreamKeys(keys, Self.uneven))
    #expect(Self.numbers(restarted, first: 125, at: 125, count: 3) == [2, 2, 2])
  }

  @Test("the key of a segment does not change once a track has published it")
  func begun() throws {
    let keys = try (1...3).map { try Self.key($0) }
    let stream = try #require(StreamKeys(keys, Self.uneven))
    #expect(stream.key(publishing: 50, at: Self.time(0)).identifier.first == 1)
    // The audio of the next segment is earlier than the clock, its video is later.
    #expect(stream.key(publishing: 51, at: Self.time(3)).identifier.first == 1)
    #expect(stream.key(publishing: 50, at: Self.time(4)).identifier.first == 1)
    #expect(stream.key(publishing: 51, at: Self.time(5)).identifier.first == 1)
    #expect([51, 52, 53].map { stream.key(of: $0).identifier[0] } == [1, 1, 2])
    // A period passes without a segment: its key is left out.
    #expect(stream.key(publishing: 51, at: Self.time(8)).identifier.first == 1)
    #expect([52, 53].map { stream.key(of: $0).identifier[0] } == [1, 3])
  }

  @Test("with variable duration a key of a key server begins after the time of its period")
  func servedClock() throws {
    let stream = StreamKeys(first: try Self.key(1), Self.uneven)
    stream.add(try Self.key(2), of: 1, at: Self.time(0))
    #expect(stream.next(after: 7)?.identifier.first == 2)
    #expect(stream.key(publishing: 7, at: Self.time(3)).identifier.first == 1)
    // The answer for the period after it arrives before a track publishes more.
    stream.add(try Self.key(3), of: 2, at: Self.time(4))
    #expect([8, 9, 10].map { stream.key(of: $0).identifier[0] } == [1, 2, 2])
    #expect(stream.next(after: 9)?.identifier.first == 3)
    #expect(stream.key(publishing: 9, at: Self.time(9)).identifier.first == 2)
    #expect([10, 11].map { stream.key(of: $0).identifier[0] } == [2, 3])
    // Without an answer the present key stays.
    #expect(stream.key(publishing: 30, at: Self.time(99)).identifier.first == 3)
    #expect(stream.licence(for: [], at: 30).map { $0.identifier[0] } == [3])
  }

  @Test("no text of a key has its bytes")
  func silent() throws {
    let key = try Self.key(7)
    var text = ""
    dump(key, to: &text)
    for shown in ["\(key)", String(reflecting: key), text] {
      #expect(!shown.contains("47") && !shown.contains("71"))
    }
    #expect("\(key)" == "key 07070707-0707-0707-0707-070707070707")
  }

  @Test("a key has 16 bytes")
  func sizes() {
    #expect(ContentKey(identifier: [1], key: [UInt8](repeating: 0, count: 16)) == nil)
    #expect(ContentKey.bytes("0102-0304") == nil)
    #expect(ContentKey.bytes("00112233-4455-6677-8899-AABBCCDDEEFF")?.last == 0xFF)
  }
}
