// SPDX-License-Identifier: Apache-2.0

import Encryption
import Testing

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
    let stream = try #require(StreamKeys(keys, segments: 4))
    #expect(
      (0..<16).map { stream.key(of: $0).identifier[0] }
        == [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 1, 1, 1, 1])
    #expect(stream.next(after: 7)?.identifier.first == 3)
  }

  @Test("a licence has the present key, the next one, and known ones that are asked for")
  func licence() throws {
    let keys = try (1...4).map { try Self.key($0) }
    let stream = try #require(StreamKeys(keys, segments: 4))
    let unknown = [UInt8](repeating: 9, count: 16)
    let found = stream.licence(for: [keys[3].identifier, unknown], at: 5)
    #expect(found.map { $0.identifier[0] } == [2, 3, 4])
  }

  @Test("a key of a key server applies from its segment on, and never to earlier ones")
  func table() throws {
    let stream = StreamKeys(first: try Self.key(1), segments: 10)
    stream.add(try Self.key(2), from: 100)
    stream.add(try Self.key(3), from: 90)
    #expect(stream.key(of: 99).identifier[0] == 1)
    #expect(stream.key(of: 100).identifier[0] == 2)
    #expect(stream.next(after: 99)?.identifier.first == 2)
    #expect(stream.next(after: 100) == nil)
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
