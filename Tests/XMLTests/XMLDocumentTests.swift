// SPDX-License-Identifier: Apache-2.0

import Checked
import Testing
import XML

@Suite("Documents of XML")
struct XMLDocumentTests {
  private static let limits = XMLLimits(
    bytes: 32 << 20, depth: 8, elements: 100, attributes: 50)

  private func read(_ text: String) throws(XMLFault) -> XMLDocument {
    try XMLDocument(Array(text.utf8), Self.limits)
  }

  /// The description of the fault of a document; nil without one.
  private func fault(_ text: String) -> String? {
    do throws(XMLFault) {
      _ = try read(text)
      return nil
    } catch { return "\(error)" }
  }

  @Test("an element has its attributes, children and text, without prefixes")
  func elements() throws {
    let root = try read(
      """
      \u{FEFF}<?xml version='1.0' encoding='UTF-8'?><!-- a -->
      <d:MPD xmlns='urn:a' a='1 &lt; 2' d:b="&#x41;" c:d='x' d='y'><S/><?p i?>
        <BaseURL> x&amp;y<![CDATA[<z>]]>ä\r\nb </BaseURL><S n='1'>s</S> t </d:MPD>

      """
    ).root
    #expect(root.name == "MPD" && root.attributes == ["a": "1 < 2", "b": "A", "d": "y"])
    #expect(root.children.map(\.name) == ["S", "BaseURL", "S"] && root.text == "t")
    #expect(root.first("BaseURL")?.text == "x&y<z>ä\nb")
    #expect(root.all("S").map { $0["n"] } == [nil, "1"])
    #expect(root.at("BaseURL")?.descendants.count == 1 && root.descendants.count == 4)
  }

  @Test(
    "a fault has its line and column",
    arguments: [
      ("", "line 1, column 1: no element found"),
      ("<a>\n <b></a>", "line 2, column 7: mismatched tag"),
      ("<a>\n<b>", "line 2, column 4: no </b>"),
      ("<a b='1' b='2'/>", "line 1, column 10: duplicate attribute"),
      ("<a>\u{1}</a>", "line 1, column 4: not well-formed (invalid token)"),
      ("<a/>b", "line 1, column 5: junk after document element"),
      ("<a/><b/>", "line 1, column 5: junk after document element"),
      ("<a>\n\n&b;</a>", "line 3, column 1: undefined entity"),
    ])
  func position(text: String, fault: String) { #expect(self.fault(text) == fault) }

  @Test("bytes that are not UTF-8 are refused, whatever encoding the document declares")
  func encodings() {
    let latin = Array("<?xml version='1.0' encoding='ISO-8859-1'?><a>".utf8) + [0xE4]
    #expect(throws: XMLFault.self) {
      try XMLDocument(latin + Array("</a>".utf8), Self.limits)
    }
    let wide = Array("\u{FEFF}<a/>".utf16).flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
    #expect(throws: XMLFault.self) { try XMLDocument(wide, Self.limits) }
  }

  @Test(
    "a document type is refused where it begins: no entity is declared, no file is read",
    arguments: [
      "<!DOCTYPE a><a/>", "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a b='&c;'/>",
      "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
      "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
      "<!DOCTYPE a [<!ENTITY % b SYSTEM 'http://127.0.0.1/'> %b;]><a/>",
    ])
  func documentTypes(text: String) {
    #expect(fault(text)?.hasSuffix(": a document type, which may declare entities") == true)
  }

  @Test("levels, elements, attributes and bytes are bounded")
  func bounds() throws {
    func nested(_ levels: Int) -> String {
      String(repeating: "<a>", count: levels) + String(repeating: "</a>", count: levels)
    }
    #expect(fault(nested(8)) == nil)
    #expect(fault(nested(9)) == "line 1, column 25: more than 8 levels")
    let many = String(repeating: "<b/>", count: 99)
    #expect(fault("<a>\(many)</a>") == nil)
    #expect(fault("<a>\(many)<b/></a>") == "line 1, column 400: more than 100 elements")
    func attributes(_ count: Int) -> String { (0..<count).map { " b\($0)=''" }.joined() }
    #expect(fault("<a\(attributes(50))/>") == nil)
    #expect(fault("<a\(attributes(25))><b\(attributes(26))/></a>")?.hasSuffix("attributes") == true)
    #expect(fault("<a\(attributes(5000))/>") == "line 1, column 1: more than 50 attributes")
    #expect(throws: XMLFault("the document has more than 3 bytes")) {
      try XMLDocument(
        Array("<a/>".utf8), XMLLimits(bytes: 3, depth: 1, elements: 1, attributes: 1))
    }
  }

  @Test("a fault has a part of a long name only")
  func excerpts() {
    let name = String(repeating: "n", count: 100_000)
    #expect(fault("<\(name)>") == "line 1, column 100003: no </\(String(name.prefix(40)))…>")
  }

  @Test(
    "a document of references is read with work in proportion to its size",
    arguments: [64, 256, 4096])
  func linear(kilobytes: Int) throws {
    let count = kilobytes * 1024 / 5
    let references = String(repeating: "&amp;", count: count)
    let attribute = try read("<MPD profiles=\"\(references)\"/>")
    #expect(attribute.root["profiles"]?.utf8.count == count)
    // The start and the end; the names, and one byte for each reference.
    #expect(attribute.events == 2 && attribute.copiedBytes == 11 + count)
    let text = try read("<MPD>\(references)</MPD>")
    #expect(text.root.text.utf8.count == count)
    #expect(text.events == 2 + count && text.copiedBytes == 3 + count)
  }
}

@Suite("Text that is copied into documents of XML")
struct XMLContentTests {
  private func fault(_ text: String) -> XMLFault? {
    do throws(XMLFault) {
      let limits = XMLLimits(bytes: 1000, depth: 2, elements: 3, attributes: 3)
      _ = try XMLDocument(content: Array(text.utf8), prefixes: ["cenc"], limits)
      return nil
    } catch { return error }
  }

  @Test("elements may use the prefixes around them and their own")
  func prefixes() throws {
    #expect(fault("<cenc:a/>") == nil && fault("<a xmlns:b='urn:b'><b:c xml:lang=''/></a>") == nil)
    #expect(fault("") == nil)
    let undeclared = XMLFault("an undeclared prefix", line: 2, column: 1, prefix: "b")
    #expect(fault("<a>\n<b:c/></a>") == undeclared)
    #expect(fault("<a xmlns:b='urn:b'/><b:c/>")?.prefix == "b")
  }

  @Test(
    "a text that would end the element around it, or hide some of it, is refused",
    arguments: [
      ("</a><a>", 5), ("<b/></a><a>", 9), ("<!-- c -->", 1), ("<a><![CDATA[b]]></a>", 4),
      ("<?xml version='1.0'?><a/>", 1), ("<?p?>", 1), ("<a", 3), ("<!DOCTYPE a>", 3),
    ])
  func faults(text: String, column: Int) {
    let found = fault(text)
    #expect(found?.line == 1 && found?.column == column, "\(found.map { "\($0)" } ?? "accepted")")
  }

  @Test("the bounds are those of the text")
  func bounds() {
    #expect(fault("<a><b/></a><c/>") == nil)
    #expect(fault("<a><b><c/></b></a>")?.reason == "more than 2 levels")
    #expect(fault("<a/><a/><a/><a/>")?.reason == "more than 3 elements")
    #expect(fault(String(repeating: " ", count: 1001))?.reason.hasSuffix("1000 bytes") == true)
  }
}
