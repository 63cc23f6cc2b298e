// SPDX-License-Identifier: Apache-2.0

/// An element of an XML document, without the prefixes of names.
///
/// Accepts any bytes; bounded in depth and in elements. Knows elements, attributes, text, comments,
/// CDATA, references to characters and the five predefined entities; leaves out declarations of
/// namespaces.
/// - Source: Extensible Markup Language 1.0, 5th edition, §2, §3
package struct XMLElement: Sendable, Equatable {
  /// Why a document is refused.
  package typealias Fault = XMLFault

  /// The name without its prefix.
  package let name: String
  /// The values of attributes by their names without prefixes.
  package fileprivate(set) var attributes: [String: String] = [:]
  /// The elements directly in the element, in their order.
  package fileprivate(set) var children: [XMLElement] = []
  /// The text directly in the element, without white space around it.
  package fileprivate(set) var text = ""

  /// The value of an attribute.
  package subscript(attribute: String) -> String? { attributes[attribute] }

  /// The children with this name.
  package func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

  /// The first child with this name.
  package func first(_ name: String) -> XMLElement? { children.first { $0.name == name } }

  /// The element at a path of names below this one; nil if there is none.
  package func at(_ path: String...) -> XMLElement? {
    path.reduce(self as XMLElement?) { $0?.first($1) }
  }

  /// The element itself and all below it, in the order of the document.
  package var descendants: [XMLElement] { [self] + children.flatMap(\.descendants) }

  /// Reads a document.
  ///
  /// - Parameters:
  ///   - bytes: the document in UTF-8.
  ///   - depth: the most levels.
  ///   - elements: the most elements.
  ///   - skipsDocumentType: whether a document type is skipped; otherwise it is a fault.
  /// - Returns: the outermost element.
  /// - Throws: ``Fault`` for the first error.
  package static func document(
    _ bytes: [UInt8], depth: Int, elements: Int, skipsDocumentType: Bool = false
  ) throws(Fault) -> XMLElement {
    guard String(validating: bytes, as: UTF8.self) != nil else { throw Fault("it is not UTF-8") }
    var reader = XMLReader(
      bytes: bytes, depth: depth, limit: elements, skipsDocumentType: skipsDocumentType)
    return try reader.document()
  }

  /// Checks text that is copied into an element of another document as it is.
  ///
  /// The text stays well-formed there: each prefix is declared, names are of ASCII, and there are
  /// no comments, CDATA sections and processing instructions.
  ///
  /// - Parameters:
  ///   - bytes: the text in UTF-8.
  ///   - prefixes: the prefixes that the other document declares.
  ///   - depth: the most levels.
  ///   - elements: the most elements.
  /// - Returns: the outermost elements of the text.
  /// - Throws: ``Fault`` for the first error.
  /// - Source: Extensible Markup Language 1.0, 5th edition, §2.2; Namespaces in XML 1.0, §3 to §7
  package static func content(
    _ bytes: [UInt8], prefixes: Set<String>, depth: Int, elements: Int
  ) throws(Fault) -> [XMLElement] {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Fault("it is not UTF-8")
    }
    guard text.unicodeScalars.allSatisfy(XMLNames.isCharacter) else {
      throw Fault("a character that XML has not")
    }
    var reader = XMLReader(
      bytes: Array("<a>".utf8) + bytes + Array("</a>".utf8), depth: depth + 1,
      limit: elements + 1, skipsDocumentType: false, outerPrefixes: prefixes)
    return try reader.document().children
  }

  /// `value` with references for XML's special characters; it may be chosen by a client.
  package static func escaped(_ value: String) -> String {
    guard value.utf8.contains(where: { "&<>\"'".utf8.contains($0) || $0 < 0x20 }) else {
      return value
    }
    return value.unicodeScalars.reduce(into: "") { result, scalar in
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&apos;"
      case _ where scalar.value < 0x20: result += " "
      default: result.unicodeScalars.append(scalar)
      }
    }
  }
}

/// Reads one document.
private struct XMLReader {
  typealias Fault = XMLElement.Fault

  let bytes: [UInt8]
  let depth: Int
  let limit: Int
  let skipsDocumentType: Bool
  /// The prefixes that are declared around the document; nil if prefixes are not checked, nor what
  /// else ``XMLElement/content(_:prefixes:depth:elements:)`` refuses.
  var outerPrefixes: Set<String>?
  var position = 0
  var count = 0

  mutating func document() throws(Fault) -> XMLElement {
    _ = take("\u{FEFF}")
    try skipMisc()
    guard take("<") else { throw fault("no element") }
    let root = try element(0, outerPrefixes)
    try skipMisc()
    guard isAtEnd else { throw fault("text after the last element") }
    return root
  }

  private var isAtEnd: Bool { position >= bytes.count }

  private func fault(_ reason: String) -> Fault {
    let place = String(decoding: bytes.dropFirst(position).prefix(30), as: UTF8.self)
    return Fault("\(reason) at \"\(place)\"")
  }

  /// Skips white space, comments, processing instructions, and a document type.
  private mutating func skipMisc() throws(Fault) {
    while true {
      skipSpace()
      if take("<?") {
        try skip(past: "?>")
      } else if take("<!--") {
        try skip(past: "-->")
      } else if skipsDocumentType, take("<!") {
        try skip(past: ">")
      } else {
        return
      }
    }
  }

  /// Reads an element after its `<`, in an element with these prefixes.
  private mutating func element(
    _ level: Int, _ prefixes: Set<String>?
  ) throws(Fault) -> XMLElement {
    count += 1
    guard level < depth, count <= limit else { throw fault("too many elements") }
    let tag = try name()
    var element = XMLElement(name: Self.local(tag))
    let names = try attributes(of: &element)
    let prefixes = try XMLNames.prefixes(of: tag, names, within: prefixes)
    if take("/>") { return element }
    guard take(">") else { throw fault("a tag without an end") }
    var text = ""
    while let next = bytes.dropFirst(position).firstIndex(of: UInt8(ascii: "<")) {
      let piece = try decoded(position..<next)
      text += piece
      position = next
      if outerPrefixes != nil {
        guard !has("<!"), !has("<?"), !piece.contains("]]>") else {
          throw fault("a comment, a CDATA section or an instruction")
        }
      }
      if take("</") {
        guard try name() == tag else { throw fault("another end tag than </\(tag)>") }
        skipSpace()
        guard take(">") else { throw fault("an end tag without an end") }
        element.text = text.trimmed
        return element
      } else if take("<!--") {
        try skip(past: "-->")
      } else if take("<![CDATA[") {
        let start = position
        try skip(past: "]]>")
        // bounded: the end was found after the start
        text += String(decoding: bytes[start..<position - 3], as: UTF8.self)
      } else if take("<?") {
        try skip(past: "?>")
      } else {
        position += 1
        element.children.append(try self.element(level + 1, prefixes))
      }
    }
    throw fault("no </\(tag)>")
  }

  /// Reads attributes, and returns them with their prefixes and with declarations of namespaces.
  private mutating func attributes(
    of element: inout XMLElement
  ) throws(Fault) -> [(name: String, value: String)] {
    var found: [(name: String, value: String)] = []
    while true {
      let start = position
      skipSpace()
      guard !isAtEnd, !has("/>"), !has(">") else { return found }
      guard position > start else { throw fault("no space before an attribute") }
      let name = try name()
      skipSpace()
      guard take("=") else { throw fault("an attribute without a value") }
      skipSpace()
      guard let quote = bytes.dropFirst(position).first, "\"'".utf8.contains(quote) else {
        throw fault("a value without quotation marks")
      }
      let range = position + 1..<bytes.count
      // bounded: the quotation mark is before the end
      guard let end = bytes[range].firstIndex(where: { $0 == quote || $0 == UInt8(ascii: "<") }),
        bytes[end] == quote
      else { throw fault("a value without an end") }
      let value = try decoded(range.lowerBound..<end)
      position = end + 1
      found.append((name, value))
      if XMLNames.declared(name) != nil { continue }
      guard element.attributes.updateValue(value, forKey: Self.local(name)) == nil else {
        throw fault("the attribute \(name) twice")
      }
    }
  }

  private mutating func name() throws(Fault) -> String {
    let name = bytes.dropFirst(position).prefix { !" \t\r\n/>=<\"'&!?".utf8.contains($0) }
    guard !name.isEmpty else { throw fault("no name") }
    position = name.endIndex
    return String(decoding: name, as: UTF8.self)
  }

  private static func local(_ name: String) -> String {
    name.split(separator: ":").last.map(String.init) ?? name
  }

  /// Text whose references are replaced.
  private func decoded(_ range: Range<Int>) throws(Fault) -> String {
    // bounded: a range that was found in the bytes
    var rest = Substring(String(decoding: bytes[range], as: UTF8.self))
    var result = ""
    while let ampersand = rest.firstIndex(of: "&") {
      result += rest.prefix(upTo: ampersand)
      let after = rest.suffix(from: ampersand).dropFirst()
      let entity = after.prefix { $0 != ";" }
      guard entity.count < after.count, let character = Self.character(entity),
        outerPrefixes == nil || character.unicodeScalars.allSatisfy(XMLNames.isCharacter)
      else {
        throw fault("an unknown entity &\(entity.prefix(10))")
      }
      result.append(character)
      rest = after.dropFirst(entity.count + 1)
    }
    return result + rest
  }

  private static func character(_ entity: Substring) -> Character? {
    switch entity {
    case "amp": return "&"
    case "lt": return "<"
    case "gt": return ">"
    case "quot": return "\""
    case "apos": return "'"
    default:
      guard entity.hasPrefix("#") else { return nil }
      let digits = entity.dropFirst()
      let number = digits.hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
      return number.flatMap { Unicode.Scalar($0) }.map { Character($0) }
    }
  }

  private mutating func skipSpace() {
    position += bytes.dropFirst(position).prefix { " \t\r\n".utf8.contains($0) }.count
  }

  private func has(_ text: String) -> Bool { bytes.dropFirst(position).starts(with: text.utf8) }

  /// Skips a text; false if another one follows.
  private mutating func take(_ text: String) -> Bool {
    guard has(text) else { return false }
    position += text.utf8.count
    return true
  }

  private mutating func skip(past text: String) throws(Fault) {
    while !take(text) {
      guard !isAtEnd else { throw fault("no \(text)") }
      position += 1
    }
  }
}
