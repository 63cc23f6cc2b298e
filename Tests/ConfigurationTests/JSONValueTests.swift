// SPDX-License-Identifier: Apache-2.0

import Checked
import TestSupport
import Testing

@testable import Configuration

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

  @Test(
    "wrong escapes, numbers and bytes are named, with their position",
    arguments: [
      (Array(#"{"a": "\ud800"}"#.utf8), 8, "surrogate pair"),
      (Array(#"["\ude00\ud83d"]"#.utf8), 3, "surrogate pair"),
      (Array(#""\ud83d\u0041""#.utf8), 2, "surrogate pair"),
      (Array(#""\ud83dx""#.utf8), 2, "surrogate pair"),
      (Array(#""\u12g4""#.utf8), 6, "hexadecimal"), (Array(#""\u12""#.utf8), 6, "hexadecimal"),
      (Array("01".utf8), 2, "leading 0"), (Array("[-00.5]".utf8), 4, "leading 0"),
      (Array("[1,\u{B}2]".utf8), 4, "a value"), (Array("1.e2".utf8), 3, "a digit"),
      ([0x22, 0x41, 0xFF, 0x22], 3, "UTF-8"), ([0x22, 0xC3, 0xA9, 0xC3, 0x22], 4, "UTF-8"),
    ])
  func characters(bytes: [UInt8], column: Int, word: String) {
    do throws(JSONFault) {
      _ = try JSONValue(parsing: bytes)
      Issue.record("no fault")
    } catch {
      guard case .expected(let text) = error.reason else {
        Issue.record("\(error)")
        return
      }
      #expect(error.line == 1 && error.column == column && text.contains(word), "\(text)")
    }
  }

  @Test("a surrogate pair is one character")
  func pair() throws {
    #expect(try JSONValue(parsing: Array(#""\ud83d\ude00""#.utf8)) == .string("\u{1F600}"))
  }

  @Test("what is too deep or too large is refused, and says so")
  func limits() throws {
    func nested(_ levels: Int) -> String {
      String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
    }
    let deepest = JSONSyntax.deepestInDocument
    #expect(deepest <= 32, "the time of the decoder grows with the third power")
    _ = try JSONValue(parsing: Array(nested(deepest).utf8))
    for text in [nested(deepest + 1), "1e999"] {
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

@Suite("JSON files with comments")
struct JSONCommentTests {
  private let text = """
    // Cameras
    {"a": 1, /* "b": 2, */ "c": [1, 2,], // three
     "d": "// no comment",}
    """

  @Test("comments and final commas are skipped in files, and refused in requests")
  func comments() throws {
    let value = try JSONValue(parsing: Array(text.utf8), allowsComments: true)
    #expect(
      value
        == .object([
          "a": .number("1"), "c": .array([.number("1"), .number("2")]),
          "d": .string("// no comment"),
        ]))
    #expect(throws: JSONFault.self) { try JSONValue(parsing: Array(text.utf8)) }
  }

  @Test(
    "a duplicate key is a fault, at its position",
    arguments: [
      (#"{"a": 1, "a": 2}"#, 1, 10), (#"{"\ud83d\ude00\n": 1, "😀\n": 2}"#, 1, 23),
      ("{\"a\": {\"b\": 1,\n \"\\u0062\": 2}}", 2, 2),
    ])
  func duplicates(text: String, line: Int, column: Int) {
    do throws(JSONFault) {
      _ = try JSONValue(parsing: Array(text.utf8))
      Issue.record("no fault")
    } catch {
      #expect(error.line == line && error.column == column)
      guard case .duplicateKey = error.reason else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test(
    "an unfinished comment is a fault",
    arguments: [("{} /* x", "*/"), ("{} / x", "// or /*")])
  func unfinished(text: String, expected: String) {
    do throws(JSONFault) {
      try JSONSyntax.check(Array(text.utf8), .document(allowsComments: true))
      Issue.record("no fault")
    } catch { #expect(error.reason == .expected(expected)) }
  }
}
