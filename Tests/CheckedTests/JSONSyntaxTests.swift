// SPDX-License-Identifier: Apache-2.0

import Checked
import Testing

@Suite("The syntax of JSON texts, RFC 8259")
struct JSONSyntaxTests {
  @Test(
    "texts that any parser takes",
    arguments: [
      "0", "-0.5e+10", "12E2", " true\n", "null", "\"\"", #""\"\\\/\b\f\n\r\t\u00e9\uD83d""#,
      "\"é😀\u{7F}\"", "[]", "[ ]", "{}", "{ }", #"{"a" : [1, {"b":false}], "a": "c"}"#, "[[],[]]",
    ])
  func valid(text: String) { #expect(JSONSyntax.isValid(Array(text.utf8))) }

  @Test(
    "texts that some parser refuses",
    arguments: [
      "", " ", "01", "-", "+1", "1.", ".5", "1e", "0x1", "1 2", "{}{}", "[1,]", "[,1]", "[1 2]",
      "[1", "]", #"{"a":1,}"#, #"{"a"}"#, #"{"a":}"#, "{a:1}", "{1:1}", "{,}", "'a'", "\"a",
      #""\x""#, #""\u12""#, #""\u12g4""#, "\"a\nb\"", "\"\t\"", "\"\u{0}\"", "\"\\", "tru", "True",
      "NaN", "nulll", "// a\n1", "\u{FEFF}1", "\u{A0}1",
    ])
  func invalid(text: String) { #expect(!JSONSyntax.isValid(Array(text.utf8))) }

  @Test(
    "an object with two equal keys means different members to different readers",
    arguments: [
      (#"{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]}"#, true), ("{}", true), ("[]", true),
      (#"{"a":1,"a":1}"#, false), (#"[{"b":{"a":1,"c":2,"a":3}}]"#, false),
      (#"{"a":1,"\u0061":2}"#, false), (#"{"\n":1}"#, false), (#"{"a":"\n"}"#, true),
      (#"{"a":1,}"#, false), ("\u{FEFF}{}", false),
    ])
  func unambiguous(text: String, isUnambiguous: Bool) {
    #expect(JSONSyntax.isUnambiguous(Array(text.utf8)) == isUnambiguous)
    #expect(!JSONSyntax.isUnambiguous(text.utf8.flatMap { [$0, 0] }))
  }

  @Test("other encodings than UTF-8 are refused, and too many levels")
  func limits() {
    #expect(!JSONSyntax.isValid([0x22, 0xE9, 0x22]))
    #expect(!JSONSyntax.isValid([0x22, 0xED, 0xA0, 0x80, 0x22]))
    func nested(_ depth: Int) -> [UInt8] {
      Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
    }
    #expect(JSONSyntax.isValid(nested(JSONSyntax.deepest)))
    #expect(!JSONSyntax.isValid(nested(JSONSyntax.deepest + 1)))
    #expect(!JSONSyntax.isValid([UInt8](repeating: 0x5B, count: 1_000_000)))
  }
}
