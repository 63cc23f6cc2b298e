// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import streamer

@Suite("JSON values, RFC 8259")
struct JSONValueTests {
  @Test(
    "numbers keep the shortest text that means them",
    arguments: [
      ("1", "1"), ("0.1", "0.1"), ("24.0", "24"), ("-3", "-3"), ("1e2", "100"),
      ("30000", "30000"), ("\"29.97\"", "29.97"), ("true", "true"),
    ])
  func texts(json: String, text: String) throws {
    #expect(try JSONValue(parsing: Array(json.utf8)).text == text)
  }

  @Test("what is too deep or too large is refused, and says so")
  func limits() {
    for text in [
      String(repeating: "[", count: 600) + String(repeating: "]", count: 600), "1e999",
    ] {
      #expect(throws: JSONFault.self) { try JSONValue(parsing: Array(text.utf8)) }
    }
  }

  @Test(
    "a document with a byte changed is read, or the place of the fault is within it",
    arguments: UInt64(0)..<200)
  func changed(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var bytes = Array(
      #"{"a": [1, -2.5e3, "x\n\u0041"], "b": {"c": true, "d": null}, "e": ""}"#.utf8)
    bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
      in: 0...255, using: &random)
    do throws(JSONFault) {
      _ = try JSONValue(parsing: bytes)
    } catch {
      #expect(error.line >= 1 && error.column >= 1 && error.column <= bytes.count + 1)
    }
  }
}
