// SPDX-License-Identifier: Apache-2.0

import Media
import Testing

@Suite("Languages of tracks, ISO 639 and RFC 5646")
struct LanguageTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let declared: String
    let code: String
    let tag: String
    var testDescription: String { declared }
  }

  @Test(
    "a declared language has a code for mdhd and the shortest tag",
    arguments: [
      Row(declared: "eng", code: "eng", tag: "en"), Row(declared: "ger", code: "deu", tag: "de"),
      Row(declared: "deu", code: "deu", tag: "de"), Row(declared: "fre", code: "fra", tag: "fr"),
      Row(declared: "en", code: "eng", tag: "en"), Row(declared: "pt-BR", code: "por", tag: "pt"),
      Row(declared: "ENG", code: "eng", tag: "en"),
      Row(declared: "eng,spa", code: "eng", tag: "en"),
      // Languages without a code of two letters: Swiss German, and the original one of DVB.
      Row(declared: "gsw", code: "gsw", tag: "gsw"), Row(declared: "qaa", code: "qaa", tag: "qaa"),
      Row(declared: "und", code: "und", tag: "und"), Row(declared: "", code: "und", tag: "und"),
      Row(declared: "xx", code: "und", tag: "und"),
      Row(declared: "english", code: "und", tag: "und"),
      Row(declared: "\"\n,", code: "und", tag: "und"), Row(declared: "é", code: "und", tag: "und"),
    ])
  func declared(_ row: Row) {
    let language = Language(row.declared)
    #expect(language.code == row.code)
    #expect(language.tag == row.tag)
    #expect(Language(packed: language.packed) == language)
  }

  @Test("und is 0x55C4 in mdhd, ISO/IEC 14496-12 §8.4.2.3")
  func packed() {
    #expect(Language.undetermined.packed == 0x55C4)
    #expect(Language("eng").packed == 0x15C7)
  }

  @Test("any bits of mdhd give three letters", arguments: [0, 1, 0x7FFF, 0x8000, 0xFFFF, 0x55C3])
  func bits(_ packed: UInt16) {
    let code = Language(packed: packed).code
    #expect(code.utf8.count == 3 && code.utf8.allSatisfy { (0x61...0x7A).contains($0) })
  }
}
