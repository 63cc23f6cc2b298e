// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Configuration

@Suite("Texts from the option table")
struct PrintedTextTests {
  @Test("the manual page names each option, and the page of the file each key")
  func manual() {
    let (program, file) = (ManualPage.program(version: "1"), ManualPage.file(version: "1"))
    for option in Option.table {
      #expect(program.contains(ManualPage.escaped("--" + option.name)))
      for key in option.keys { #expect(file.contains(key)) }
    }
  }

  @Test("text of an option has no meaning for man(7)")
  func escaping() {
    #expect(ManualPage.escaped("a-b") == #"a\-b"#)
    #expect(ManualPage.escaped(".x") == #"\&.x"#)
    #expect(ManualPage.escaped(#"a\b"#) == #"a\eb"#)
  }

  @Test("the annotated file is valid, and with all keys uncommented each key is known")
  func sample() throws {
    let text = SampleFile.text
    let value = try JSONValue(parsing: Array(text.utf8), allowsComments: true)
    guard case .object(let members) = value else {
      Issue.record("no object")
      return
    }
    #expect(members.count == 1)
    let uncommented = text.split(separator: "\n").map { line in
      line.hasPrefix("  // \"") && !line.hasSuffix("…") ? "  " + line.dropFirst(5) : String(line)
    }.joined(separator: "\n")
    let whole = try JSONValue(parsing: Array(uncommented.utf8), allowsComments: true)
    guard case .object(let all) = whole else {
      Issue.record("no object")
      return
    }
    #expect(all.count > 20)
  }
}
