// SPDX-License-Identifier: Apache-2.0

/// Why a document is no JSON, and where; the decoder does not say.
struct JSONFault: Error, CustomStringConvertible {
  /// From 1.
  let line: Int
  /// From 1, in bytes.
  let column: Int
  let expected: String

  var description: String { "line \(line), column \(column): \(expected) is expected" }

  /// Finds the first location at which `bytes` is no JSON.
  /// - Source: RFC 8259
  init(in bytes: [UInt8]) {
    var scanner = Scanner(bytes: bytes)
    let expected = scanner.document() ?? "JSON of fewer levels or smaller numbers"
    let before = bytes[..<min(scanner.position, bytes.count)]
    line = 1 + before.count { $0 == 0x0A }
    column = 1 + before.reversed().prefix { $0 != 0x0A }.count
    self.expected = expected
  }

  /// Walks through a document; each step returns what it expected where it cannot go on.
  private struct Scanner {
    let bytes: [UInt8]
    var position = 0
    private var depth = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func document() -> String? {
      if let fault = value() { return fault }
      skipSpace()
      return next == nil ? nil : "the end"
    }

    private mutating func value() -> String? {
      skipSpace()
      switch next {
      case UInt8(ascii: "{"): return list(until: UInt8(ascii: "}"), "a comma or }", hasKeys: true)
      case UInt8(ascii: "["): return list(until: UInt8(ascii: "]"), "a comma or ]", hasKeys: false)
      case UInt8(ascii: "\""): return string()
      case UInt8(ascii: "t"): return word("true")
      case UInt8(ascii: "f"): return word("false")
      case UInt8(ascii: "n"): return word("null")
      default: return number()
      }
    }

    private mutating func list(until end: UInt8, _ expected: String, hasKeys: Bool) -> String? {
      guard depth < 512 else { return "JSON of fewer levels" }
      depth += 1
      defer { depth -= 1 }
      position += 1
      skipSpace()
      if take(end) { return nil }
      while true {
        if hasKeys {
          skipSpace()
          guard next == UInt8(ascii: "\"") else { return "a key in double quotes" }
          if let fault = string() { return fault }
          skipSpace()
          guard take(UInt8(ascii: ":")) else { return "a colon" }
        }
        if let fault = value() { return fault }
        skipSpace()
        if take(end) { return nil }
        guard take(UInt8(ascii: ",")) else { return expected }
      }
    }

    private mutating func string() -> String? {
      position += 1
      while let byte = next {
        if byte < 0x20 { return "a string on one line" }
        position += 1
        if byte == UInt8(ascii: "\"") { return nil }
        guard byte == UInt8(ascii: "\\") else { continue }
        guard let escaped = next, "\"\\/bfnrtu".utf8.contains(escaped) else {
          return "an escape such as \\n"
        }
        position += 1
      }
      return "the end of a string"
    }

    private mutating func word(_ text: String) -> String? {
      for byte in text.utf8 {
        guard take(byte) else { return text }
      }
      return nil
    }

    private mutating func number() -> String? {
      _ = take(UInt8(ascii: "-"))
      guard digits() else { return "a value" }
      if take(UInt8(ascii: ".")), !digits() { return "a digit" }
      if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
        if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
        if !digits() { return "a digit" }
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

    private mutating func skipSpace() {
      while let byte = next, byte == 0x20 || (0x09...0x0D).contains(byte) { position += 1 }
    }
  }
}
