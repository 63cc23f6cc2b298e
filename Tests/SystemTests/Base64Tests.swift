// SPDX-License-Identifier: Apache-2.0

import System
import Testing

@Suite("Base64, RFC 4648 §4, §5, §10")
struct Base64Tests {
  @Test("texts of the specification, in both directions")
  func rows() {
    let rows = [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
      ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ]
    for (plain, text) in rows {
      let bytes = Array(plain.utf8)
      #expect(Base64.encode(bytes) == text)
      #expect(Base64.encode(bytes, .url) == text.filter { $0 != "=" })
      #expect(Base64.decode(text) == bytes)
      #expect(Base64.decode(text.filter { $0 != "=" }, .url) == bytes)
    }
  }

  @Test("the alphabets differ in two signs")
  func alphabets() {
    #expect(Base64.encode([0xFB, 0xFF]) == "+/8=" && Base64.encode([0xFB, 0xFF], .url) == "-_8")
    #expect(Base64.decode("+/8=") == [0xFB, 0xFF] && Base64.decode("-_8", .url) == [0xFB, 0xFF])
    #expect(Base64.decode("-_8") == nil && Base64.decode("+/8", .url) == nil)
  }

  @Test(
    "other texts are refused", arguments: ["Z", "Zg===", "Zm 9v", "Zm9v=A", "Zm9v\n", "=", "Zé"])
  func invalid(text: String) {
    #expect(Base64.decode(text) == nil)
  }
}
