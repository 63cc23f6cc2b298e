// SPDX-License-Identifier: Apache-2.0

/// An element of an XML document, without the prefixes of names.
///
/// Accepts any bytes; bounded in depth, number of elements, and time.
/// - Source: W3C Extensible Markup Language 1.0, without document type declarations
package struct XMLElement: Sendable, Equatable {
  /// The name without its prefix.
  package let name: String
  /// The values of attributes by their names without prefixes.
  package private(set) var attributes: [String: String] = [:]
  /// The characters directly in the element.
  package private(set) var text = ""
  /// The elements directly in the element, in their order.
  package private(set) var children: [XMLElement] = []

  /// The most bytes of a document, levels, and elements.
  package static let largest = 262_144
  private static let deepest = 16, most = 4096

  private init(name: String) { self.name = name }

  /// Reads a document; nil if the bytes are not one element with a document around it, or exceed a
  /// limit.
  package init?(parsing bytes: [UInt8]) {
    guard bytes.count <= Self.largest, String(validating: bytes, as: UTF8.self) != nil else {
      return nil
    }
    var reader = Reader(bytes: bytes)
    guard reader.skipMisc(), let root = reader.element(0), reader.skipMisc(), reader.isAtEnd
    else { return nil }
    self = root
  }

  /// The first child of a name.
  package func child(_ name: String) -> XMLElement? { children.first { $0.name == name } }

  /// The children of a name.
  package func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

  /// The element at a path of names below this one; nil if there is none.
  package func at(_ path: String...) -> XMLElement? {
    path.reduce(self as XMLElement?) { $0?.child($1) }
  }

  private struct Reader {
    let bytes: [UInt8]
    var position = 0
    var count = 0

    var isAtEnd: Bool { position >= bytes.count }

    /// Skips white space, comments and processing instructions; false at a declaration.
    mutating func skipMisc() -> Bool {
      while true {
        skipSpace()
        if has("<?") {
          guard skip(past: "?>") else { return false }
        } else if has("<!--") {
          guard skip(past: "-->") else { return false }
        } else {
          return !has("<!")
        }
      }
    }

    mutating func element(_ depth: Int) -> XMLElement? {
      count += 1
      guard depth < XMLElement.deepest, count <= XMLElement.most, take("<"),
        let name = self.name(), var element = attributes(XMLElement(name: Self.local(name)))
      else { return nil }
      if take("/>") { return element }
      guard take(">") else { return nil }
      var text: [UInt8] = []
      while !isAtEnd {
        if take("</") {
          guard self.name() == name else { return nil }
          skipSpace()
          guard take(">"), let decoded = Self.decoded(text) else { return nil }
          element.text = decoded
          return element
        }
        if has("<!--") || has("<?") {
          guard skip(past: has("<?") ? "?>" : "-->") else { return nil }
        } else if has("<!") {
          return nil
        } else if bytes[position] == UInt8(ascii: "<") {
          guard let child = self.element(depth + 1) else { return nil }
          element.children.append(child)
        } else {
          text.append(bytes[position])
          position += 1
        }
      }
      return nil
    }

    private mutating func attributes(_ element: XMLElement) -> XMLElement? {
      var element = element
      while true {
        let start = position
        skipSpace()
        guard !isAtEnd, !has("/>"), !has(">") else { return element }
        guard position > start, let name = self.name() else { return nil }
        skipSpace()
        guard take("=") else { return nil }
        skipSpace()
        guard !isAtEnd else { return nil }
        let quote = bytes[position]
        guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'"),
          let end = bytes[(position + 1)...].firstIndex(of: quote),
          let value = Self.decoded(Array(bytes[position + 1..<end]))
        else { return nil }
        position = end + 1
        if !name.hasPrefix("xmlns") { element.attributes[Self.local(name)] = value }
      }
    }

    private mutating func name() -> String? {
      let start = position
      while !isAtEnd, !" \t\r\n/>=<\"'".utf8.contains(bytes[position]) { position += 1 }
      return position > start ? String(decoding: bytes[start..<position], as: UTF8.self) : nil
    }

    private static func local(_ name: String) -> String {
      name.split(separator: ":", omittingEmptySubsequences: false).last.map(String.init) ?? name
    }

    /// Text without references; nil for an unknown one.
    private static func decoded(_ bytes: [UInt8]) -> String? {
      let text = String(decoding: bytes, as: UTF8.self)
      guard text.contains("&") else { return text }
      var result = ""
      var rest = text[...]
      while let start = rest.firstIndex(of: "&") {
        result += rest[..<start]
        guard let end = rest[start...].firstIndex(of: ";") else { return nil }
        let name = rest[rest.index(after: start)..<end]
        let known: [Substring: String] = [
          "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'",
        ]
        guard let character = known[name] ?? numbered(name) else { return nil }
        result += character
        rest = rest[rest.index(after: end)...]
      }
      return result + rest
    }

    private static func numbered(_ name: Substring) -> String? {
      guard name.hasPrefix("#") else { return nil }
      let digits = name.dropFirst()
      let code =
        digits.hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits, radix: 10)
      return code.flatMap(Unicode.Scalar.init).map { String(Character($0)) }
    }

    private mutating func skipSpace() {
      while !isAtEnd, " \t\r\n".utf8.contains(bytes[position]) { position += 1 }
    }

    private func has(_ text: StaticString) -> Bool {
      let count = text.utf8CodeUnitCount
      guard bytes.count - position >= count else { return false }
      return text.withUTF8Buffer { other in
        (0..<count).allSatisfy { unsafe other[$0] == bytes[position + $0] }
      }
    }

    private mutating func take(_ text: StaticString) -> Bool {
      guard has(text) else { return false }
      position += text.utf8CodeUnitCount
      return true
    }

    private mutating func skip(past text: StaticString) -> Bool {
      while !isAtEnd {
        if take(text) { return true }
        position += 1
      }
      return false
    }
  }
}
