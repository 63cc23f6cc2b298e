// SPDX-License-Identifier: Apache-2.0

import Media
import Testing

@Suite("Language tags, RFC 5646")
struct LanguageTagTests {
  @Test(
    "a tag has its usual case, the shortest language, and the language's own name",
    arguments: [
      ("en", "en", "English"), ("DEU", "de", "Deutsch"), ("pt-br", "pt-BR", "Português (BR)"),
      ("zh-hant-tw", "zh-Hant-TW", "中文 (Hant-TW)"), ("es-419", "es-419", "Español (419)"),
      ("de-1996", "de-1996", "Deutsch (1996)"), ("gsw", "gsw", "Schwyzerdütsch"),
      ("und", "und", "und"),
    ])
  func read(text: String, tag: String, name: String) throws {
    let read = try #require(LanguageTag(text))
    #expect(read.text == tag && read.name == name)
    #expect(LanguageTag(tag) == read)
  }

  @Test(
    "other texts are no tags",
    arguments: [
      "", "e", "english", "xx", "e1", "en-", "-en", "en--us", "en_US", "en-a", "en-123456789",
      "en\"x", "en-ä1", "en us", String(repeating: "en-", count: 12) + "us",
    ])
  func refused(text: String) {
    #expect(LanguageTag(text) == nil)
  }
}
