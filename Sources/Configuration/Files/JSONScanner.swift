// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// Walks through a JSON document and finds its first fault, duplicate keys included.
///
/// Each step returns the fault at which it ended, or nil.
/// - Source: RFC 8259; comments and final commas as in JSON5
struct JSONScanner {
  /// The deepest nesting that the decoder accepts.
  private static let maxDepth = 512

  private let bytes: [UInt8]
  private let allowsComments: Bool
  private var position = 0
  private var depth = 0

  private init(_ bytes: [UInt8], allowsComments: Bool) {
    self.bytes = bytes
    self.allowsComments = allowsComments
  }

  /// The first fault of a document; nil if there is none.
  static func fault(in bytes: [UInt8], allowsComments: Bool) -> JSONFault? {
    var scanner = JSONScanner(bytes, allowsComments: allowsComments)
    guard let fault = scanner.value() ?? scanner.end() else { return textFault(in: bytes) }
    return fault
  }

  /// The first byte that is no UTF-8; nil if there is none.
  /// - Source: RFC 8259 §8.1
  private static func textFault(in bytes: [UInt8]) -> JSONFault? {
    guard String(validating: bytes, as: UTF8.self) == nil else { return nil }
    // Repaired text differs first where the fault is.
    let repaired = String(decoding: bytes, as: UTF8.self).utf8
    let same = zip(bytes, repaired).prefix { $0 == $1 }.count
    return JSONFault(in: bytes, at: same, .expected("UTF-8"))
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private func expected(_ text: String) -> JSONFault {
    JSONFault(in: bytes, at: position, .expected(text))
  }

  private mutating func end() -> JSONFault? {
    if let fault = skipSpace() { return fault }
    return next == nil ? nil : expected("the end")
  }

  private mutating func value() -> JSONFault? {
    if let fault = skipSpace() { return fault }
    switch next {
    case UInt8(ascii: "{"): return object()
    case UInt8(ascii: "["): return array()
    case UInt8(ascii: "\""): return string()
    case UInt8(ascii: "t"): return word("true")
    case UInt8(ascii: "f"): return word("false")
    case UInt8(ascii: "n"): return word("null")
    default: return number()
    }
  }

  private mutating func object() -> JSONFault? {
    var keys: Set<String> = []
    return list(until: UInt8(ascii: "}"), "a comma or }") { scanner in
      guard scanner.next == UInt8(ascii: "\"") else {
        return scanner.expected("a key in double quotes")
      }
      let start = scanner.position
      if let fault = scanner.string() { return fault }
      // bounded: the position only grows, up to the end
      let key = Self.text(scanner.bytes[start..<scanner.position])
      guard keys.insert(key).inserted else {
        return JSONFault(in: scanner.bytes, at: start, .duplicateKey(key))
      }
      if let fault = scanner.skipSpace() { return fault }
      guard scanner.take(UInt8(ascii: ":")) else { return scanner.expected("a colon") }
      return scanner.value()
    }
  }

  private mutating func array() -> JSONFault? {
    list(until: UInt8(ascii: "]"), "a comma or ]") { $0.value() }
  }

  private mutating func list(
    until end: UInt8, _ separator: String, element: (inout JSONScanner) -> JSONFault?
  ) -> JSONFault? {
    guard depth < Self.maxDepth else { return expected("JSON of fewer levels") }
    depth += 1
    defer { depth -= 1 }
    position += 1
    if let fault = skipSpace() { return fault }
    if take(end) { return nil }
    while true {
      if let fault = skipSpace() ?? element(&self) ?? skipSpace() { return fault }
      if take(end) { return nil }
      guard take(UInt8(ascii: ",")) else { return expected(separator) }
      if let fault = skipSpace() { return fault }
      if allowsComments, take(end) { return nil }
    }
  }

  private mutating func string() -> JSONFault? {
    position += 1
    while let byte = next {
      if byte < 0x20 { return expected("a string on one line") }
      position += 1
      if byte == UInt8(ascii: "\"") { return nil }
      guard byte == UInt8(ascii: "\\") else { continue }
      if let fault = escape() { return fault }
    }
    return expected("the end of a string")
  }

  /// - Source: RFC 8259 §7; a lone surrogate is no character, §8.2
  private mutating func escape() -> JSONFault? {
    let start = position - 1
    guard let escaped = next, "\"\\/bfnrtu".utf8.contains(escaped) else {
      return expected("an escape such as \\n")
    }
    position += 1
    guard escaped == UInt8(ascii: "u") else { return nil }
    guard let unit = hexUnit() else { return expected("four hexadecimal digits") }
    guard (0xD800...0xDFFF).contains(unit) else { return nil }
    if unit < 0xDC00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")), let low = hexUnit(),
      (0xDC00...0xDFFF).contains(low)
    {
      return nil
    }
    return JSONFault(
      in: bytes, at: start, .expected("both halves of a surrogate pair, as in \\ud83d\\ude00"))
  }

  /// Four hexadecimal digits; nil for any other text.
  private mutating func hexUnit() -> UInt16? {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue,
        byte < 0x80
      else { return nil }
      // bounded: four digits of four bits
      unit = unit << 4 | UInt16(digit)
      position += 1
    }
    return unit
  }

  /// The text of a quoted string; the quoted string itself if an escape is invalid.
  private static func text(_ quoted: ArraySlice<UInt8>) -> String {
    (try? JSONDecoder().decode(String.self, from: Data(quoted)))
      ?? String(decoding: quoted, as: UTF8.self)
  }

  private mutating func word(_ text: String) -> JSONFault? {
    for byte in text.utf8 {
      guard take(byte) else { return expected(text) }
    }
    return nil
  }

  private mutating func number() -> JSONFault? {
    _ = take(UInt8(ascii: "-"))
    guard digits() else { return expected("a value") }
    if take(UInt8(ascii: ".")), !digits() { return expected("a digit") }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      if !digits() { return expected("a digit") }
    }
    return nil
  }

  private mutating func digits() -> Bool {
    let start = position
    while let byte = next, (0x30...0x39).contains(byte) { position += 1 }
    return position > start
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    position += 1
    return true
  }

  /// Skips white space and, if they are allowed, comments.
  private mutating func skipSpace() -> JSONFault? {
    while let byte = next {
      if byte == 0x20 || (0x09...0x0D).contains(byte) {
        position += 1
      } else if allowsComments, byte == UInt8(ascii: "/") {
        if let fault = comment() { return fault }
      } else {
        break
      }
    }
    return nil
  }

  private mutating func comment() -> JSONFault? {
    position += 1
    if take(UInt8(ascii: "/")) {
      while let byte = next, byte != 0x0A, byte != 0x0D { position += 1 }
      return nil
    }
    guard take(UInt8(ascii: "*")) else { return expected("// or /*") }
    while next != nil {
      if take(UInt8(ascii: "*")) {
        if take(UInt8(ascii: "/")) { return nil }
      } else {
        position += 1
      }
    }
    return expected("*/")
  }
}
