// SPDX-License-Identifier: Apache-2.0

/// An element of an XML document: pure.
///
/// Accepts any text; bounded in depth and in elements.
///
/// Knows elements, attributes, text, comments, CDATA and the five predefined entities, as in MPDs.
/// Prefixes of namespaces are left out.
/// - Source: Extensible Markup Language 1.0, 5th edition, §2, §3
struct XMLNode: Sendable, Equatable {
  /// Why a document is refused.
  struct Fault: Error, Equatable, CustomStringConvertible {
    let description: String
  }

  /// The name without a prefix.
  let name: String
  /// By their names without a prefix.
  var attributes: [String: String] = [:]
  var children: [XMLNode] = []
  /// The text between the tags, without white space around it.
  var text = ""

  /// The value of an attribute.
  subscript(attribute: String) -> String? { attributes[attribute] }

  /// The children with this name.
  func all(_ name: String) -> [XMLNode] { children.filter { $0.name == name } }

  /// The first child with this name.
  func first(_ name: String) -> XMLNode? { children.first { $0.name == name } }

  /// The element itself and all below it, in the order of the document.
  var descendants: [XMLNode] { [self] + children.flatMap(\.descendants) }

  /// Reads a document.
  ///
  /// - Throws: ``Fault`` for the first error.
  static func document(_ text: String) throws(Fault) -> XMLNode {
    var reader = XMLReader(text[...])
    return try reader.document()
  }
}

/// Reads one document.
private struct XMLReader {
  private static let mostDepth = 32
  private static let mostElements = 100_000

  private var rest: Substring
  private var elements = 0

  init(_ text: Substring) { rest = text }

  mutating func document() throws(XMLNode.Fault) -> XMLNode {
    if rest.first == "\u{FEFF}" { rest = rest.dropFirst() }
    try skipMisc()
    guard rest.first == "<" else { throw fault("no element") }
    let root = try element(0)
    try skipMisc()
    guard rest.isEmpty else { throw fault("text after the last element") }
    return root
  }

  private func fault(_ reason: String) -> XMLNode.Fault {
    XMLNode.Fault(description: "\(reason) at \"\(rest.prefix(30))\"")
  }

  /// White space, comments, processing instructions and the document type.
  private mutating func skipMisc() throws(XMLNode.Fault) {
    while true {
      rest = rest.drop(while: \.isWhitespace)
      if rest.hasPrefix("<?") {
        try skip(to: "?>")
      } else if rest.hasPrefix("<!--") {
        try skip(to: "-->")
      } else if rest.hasPrefix("<!") {
        try skip(to: ">")
      } else {
        return
      }
    }
  }

  private mutating func skip(to end: String) throws(XMLNode.Fault) {
    guard let found = rest.firstRange(of: end) else { throw fault("no \(end)") }
    // bounded: the range is within the text
    rest = rest[found.upperBound...]
  }

  private mutating func name() throws(XMLNode.Fault) -> String {
    let name = rest.prefix {
      !$0.isWhitespace && !"=/>\"'<&".contains($0)
    }
    guard !name.isEmpty else { throw fault("no name") }
    rest = rest.dropFirst(name.count)
    return String(name)
  }

  private static func local(_ name: String) -> String {
    name.split(separator: ":").last.map(String.init) ?? name
  }

  private mutating func element(_ depth: Int) throws(XMLNode.Fault) -> XMLNode {
    elements += 1  // bounded: by the limit below
    guard depth < Self.mostDepth, elements <= Self.mostElements else {
      throw fault("too many elements")
    }
    rest = rest.dropFirst()
    let tag = try name()
    var node = XMLNode(name: Self.local(tag))
    while true {
      rest = rest.drop(while: \.isWhitespace)
      if rest.hasPrefix("/>") {
        rest = rest.dropFirst(2)
        return node
      }
      if rest.first == ">" { break }
      let attribute = try name()
      rest = rest.drop(while: \.isWhitespace)
      guard rest.first == "=" else { throw fault("an attribute without a value") }
      rest = rest.dropFirst().drop(while: \.isWhitespace)
      guard let quote = rest.first, quote == "\"" || quote == "'" else {
        throw fault("a value without quotation marks")
      }
      rest = rest.dropFirst()
      let value = rest.prefix { $0 != quote && $0 != "<" }
      rest = rest.dropFirst(value.count)
      guard rest.first == quote else { throw fault("a value without an end") }
      rest = rest.dropFirst()
      guard
        node.attributes.updateValue(try decoded(value), forKey: Self.local(attribute)) == nil
          || attribute.hasPrefix("xmlns")
      else { throw fault("the attribute \(attribute) twice") }
    }
    rest = rest.dropFirst()
    try content(of: &node, tag, depth)
    return node
  }

  private mutating func content(
    of node: inout XMLNode, _ tag: String, _ depth: Int
  ) throws(XMLNode.Fault) {
    var text = ""
    while true {
      let plain = rest.prefix { $0 != "<" }
      text += try decoded(plain)
      rest = rest.dropFirst(plain.count)
      if rest.hasPrefix("</") {
        rest = rest.dropFirst(2)
        guard try name() == tag else { throw fault("another end tag than </\(tag)>") }
        rest = rest.drop(while: \.isWhitespace)
        guard rest.first == ">" else { throw fault("an end tag without an end") }
        rest = rest.dropFirst()
        let start = text.drop(while: \.isWhitespace)
        let end = start.lastIndex { !$0.isWhitespace }
        node.text = end.map { String(start[...$0]) } ?? ""
        return
      } else if rest.hasPrefix("<!--") {
        try skip(to: "-->")
      } else if rest.hasPrefix("<![CDATA[") {
        let data = rest.dropFirst(9)
        guard let end = data.firstRange(of: "]]>") else { throw fault("no ]]>") }
        // bounded: the range is within the text
        text += data[..<end.lowerBound]
        rest = data[end.upperBound...]
      } else if rest.hasPrefix("<?") {
        try skip(to: "?>")
      } else if rest.first == "<" {
        node.children.append(try element(depth + 1))
      } else {
        throw fault("no </\(tag)>")
      }
    }
  }

  private func decoded(_ text: Substring) throws(XMLNode.Fault) -> String {
    guard text.contains("&") else { return String(text) }
    var result = ""
    var rest = text
    while let ampersand = rest.firstIndex(of: "&") {
      // bounded: indices are those of the text
      result += rest[..<ampersand]
      let after = rest[ampersand...].dropFirst()
      let entity = after.prefix { $0 != ";" }
      guard entity.count < after.count, let character = Self.character(entity) else {
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
}
