// SPDX-License-Identifier: Apache-2.0

import Encryption
import Packaging
import Sharing
import TestSupport
import Testing
import Time

@Suite("The key of media of the past")
struct PastKeyTests {
  private static func key(_ number: UInt8) throws -> ContentKey {
    let identifier = [UInt8](repeating: number, count: 16)
    return try #require(ContentKey(identifier: identifier, key: identifier))
  }

  @Test("the key of a segment is the present one only if the stream has it for the number")
  func segments() throws {
    let (first, second) = (try Self.key(1), try Self.key(2))
    let rotation = KeyRotation(segments: 10, of: .seconds(1))
    let turns = try #require(StreamKeys([first, second], rotation))
    let found = [0, 9, 10, 19].map { PastKey(first.identifier, of: $0, turns) }
    #expect(found == [.present, .present, .other(first.identifier), .other(first.identifier)])
    // The rotation was switched off.
    let fixed = try #require(StreamKeys([first, second], nil))
    #expect(PastKey(second.identifier, of: 10, fixed) == .other(second.identifier))
    #expect(PastKey(first.identifier, of: 10, fixed) == .present)
    // A key server has given the second key after a restart.
    let table = StreamKeys(first: second, rotation)
    #expect(PastKey(first.identifier, of: 5, table) == .other(first.identifier))
    #expect(PastKey(first.identifier, of: 5, nil) == .other(first.identifier))
  }

  @Test("a header states whether media is clear, and the key if the row does not")
  func headers() throws {
    let keys = try #require(StreamKeys([try Self.key(1)], nil))
    let clear = HeaderBytes.video(nil)
    let own = try ProtectedHeader(clear, Self.key(1)).bytes
    let other = try ProtectedHeader(clear, Self.key(2)).bytes
    #expect(PastKey(header: SharedBytes(clear), keys) == .clear)
    #expect(PastKey(header: SharedBytes(own), keys) == .present)
    #expect(PastKey(header: SharedBytes(other), keys) == .other(try Self.key(2).identifier))
    #expect(PastKey(header: SharedBytes(own), nil) == .other(try Self.key(1).identifier))
    #expect(PastKey(header: nil, keys) == .present)
    #expect(PastKey(header: SharedBytes([1, 2, 3]), keys) == .present)
  }
}
