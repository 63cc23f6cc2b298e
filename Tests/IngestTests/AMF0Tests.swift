// SPDX-License-Identifier: Apache-2.0

import Ingest
import Testing

@Suite("AMF 0")
struct AMF0Tests {
  @Test("values are read as they were written")
  func roundTrip() throws {
    let values: [AMF0Value] = [
      .string("connect"), .number(1.5), .boolean(true), .null, .undefined, .date(17),
      .object(["app": .string("live"), "list": .array([.string("hvc1"), .number(-1)])]),
      .array([]),
    ]
    var reader = AMF0Reader(values.flatMap(\.bytes))
    #expect(try reader.rest() == values)
    #expect(reader.isAtEnd)
  }

  @Test("every prefix of a value is truncated; only the end marker of an object may be missing")
  func prefixes() throws {
    let bytes = AMF0Value.object(["a": .array([.string("b"), .number(2)]), "c": .null]).bytes
    for count in 1..<bytes.count - 1 {
      var reader = AMF0Reader(Array(bytes.prefix(count)))
      #expect(throws: AMF0Error.truncated) { try reader.next() }
    }
  }

  @Test("an ECMA array needs no right count")
  func ecmaArray() throws {
    let bytes: [UInt8] = [0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0, 1, 0x61, 0x01, 1, 0, 0, 0x09]
    var reader = AMF0Reader(bytes)
    #expect(try reader.next() == .object(["a": .boolean(true)]))
  }

  @Test("nesting has a limit")
  func depth() throws {
    func nested(_ depth: Int) -> [UInt8] {
      Array((0..<depth).map { _ in [0x0A, 0, 0, 0, 1] as [UInt8] }.joined()) + [0x05]
    }
    var shallow = AMF0Reader(nested(AMF0Reader.depth))
    #expect(throws: Never.self) { try shallow.next() }
    var deep = AMF0Reader(nested(AMF0Reader.depth + 1))
    #expect(throws: AMF0Error.tooDeep) { try deep.next() }
    let object: [UInt8] = [0x03, 0, 1, 0x61]
    var objects = AMF0Reader(Array((0..<1000).map { _ in object }.joined()) + [0x05])
    #expect(throws: AMF0Error.tooDeep) { try objects.next() }
  }

  @Test("counts beyond the message are refused before memory is reserved")
  func counts() throws {
    var array = AMF0Reader([0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x05])
    #expect(throws: AMF0Error.truncated) { try array.next() }
    var text = AMF0Reader([0x0C, 0x7F, 0xFF, 0xFF, 0xFF, 0x61])
    #expect(throws: AMF0Error.truncated) { try text.next() }
    var unknown = AMF0Reader([0x42])
    #expect(throws: AMF0Error.unknownType(0x42)) { try unknown.next() }
  }
}
