// SPDX-License-Identifier: Apache-2.0

/// An element of an XML document, as far as MPDs use XML.
struct XMLElement: Sendable {
  let name: String
  private(set) var attributes: [(name: String, value: String)] = []
  private(set) var children: [XMLElement] = []
  private(set) var text = ""

  /// Why a text is no document.
  struct Malformed: Error, CustomStringConvertible {
    let description: String
  }

  /// Reads a document: declaration, then one element.
  init(document text: String) throws {
    let declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    guard text.hasPrefix(declaration) else { throw Malformed(description: "no declaration") }
    var rest = text.dropFirst(declaration.count)
    self = try XMLElement(&rest)
    guard rest.allSatisfy(\.isWhitespace) else {
      throw Malformed(description: "after the root: \(rest.prefix(20))")
    }
  }

  /// The value of an attribute.
  subscript(name: String) -> String? { attributes.first { $0.name == name }?.value }

  /// The children of this name.
  func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

  /// This element and everything in it, from the outside in.
  var everything: [XMLElement] { [self] + children.flatMap(\.everything) }

  private init(_ rest: inout Substring) throws {
    try Self.take("<", &rest)
    name = String(Self.name(&rest))
    while true {
      let space = rest.prefix { $0 == " " }
      rest = rest.dropFirst(space.count)
      if rest.hasPrefix("/>") {
        rest = rest.dropFirst(2)
        return
      }
      if rest.hasPrefix(">") { break }
      guard !space.isEmpty else { throw Malformed(description: "in \(name): \(rest.prefix(20))") }
      let attribute = String(Self.name(&rest))
      try Self.take("=\"", &rest)
      let value = rest.prefix { $0 != "\"" }
      rest = rest.dropFirst(value.count + 1)
      guard !attribute.isEmpty, !value.contains("<"), self[attribute] == nil else {
        throw Malformed(description: "attribute \(attribute) of \(name)")
      }
      attributes.append((attribute, try Self.unescaped(value)))
    }
    rest = rest.dropFirst()
    try content(&rest)
  }

  private mutating func content(_ rest: inout Substring) throws {
    while true {
      let plain = rest.prefix { $0 != "<" }
      text += try Self.unescaped(plain).filter { !$0.isNewline }
      rest = rest.dropFirst(plain.count)
      if rest.hasPrefix("</") { break }
      children.append(try XMLElement(&rest))
    }
    try Self.take("</\(name)>", &rest)
    text = children.isEmpty ? text : text.filter { $0 != " " }
  }

  private static func name(_ rest: inout Substring) -> Substring {
    let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == ":" || $0 == "_" }
    rest = rest.dropFirst(name.count)
    return name
  }

  private static func take(_ wanted: String, _ rest: inout Substring) throws {
    guard rest.hasPrefix(wanted) else {
      throw Malformed(description: "\(wanted) expected, not \(rest.prefix(20))")
    }
    rest = rest.dropFirst(wanted.count)
  }

  private static func unescaped(_ text: some StringProtocol) throws -> String {
    var result = ""
    var rest = Substring(text)
    while let mark = rest.firstIndex(of: "&") {
      result += rest[..<mark]
      guard let end = rest[mark...].firstIndex(of: ";"),
        let character = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'"][
          rest[rest.index(after: mark)..<end]]
      else { throw Malformed(description: "a bare & in \(text)") }
      result += character
      rest = rest[rest.index(after: end)...]
    }
    return result + rest
  }
}
