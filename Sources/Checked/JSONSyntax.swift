// SPDX-License-Identifier: Apache-2.0

/// The syntax of a JSON text, checked byte by byte; values are not read.
///
/// Each step moves past its part of the text, or returns false.
/// - Source: RFC 8259
package struct JSONSyntax {
  /// The deepest nesting of arrays and objects.
  package static let deepest = 100

  private let bytes: [UInt8]
  /// Whether each key must be plain and unique in its object.
  private let isStrict: Bool
  /// The deepest permitted nesting.
  private let deepest: Int
  private var position = 0
  private var depth = 0
  /// The keys of the open objects, if they must be unique.
  private var keys: [Set<ArraySlice<UInt8>>] = []

  private init(_ bytes: [UInt8], isStrict: Bool = false, deepest: Int = deepest) {
    self.bytes = bytes
    self.isStrict = isStrict
    self.deepest = deepest
  }

  /// Whether `bytes` are one value in UTF-8, of at most ``deepest`` levels, with nothing but white
  /// space around it.
  package static func isValid(_ bytes: [UInt8]) -> Bool {
    guard String(validating: bytes, as: UTF8.self) != nil else { return false }
    var syntax = JSONSyntax(bytes)
    return syntax.value() && syntax.next == nil
  }

  /// Whether all readers find the same members in `bytes`: valid, of at most `deepest` levels, and
  /// without an object that has a key twice, or a key with an escape.
  ///
  /// Of two equal keys some readers take the first and some the last.
  /// - Source: RFC 8259 §4; RFC 7519 §4
  package static func isUnambiguous(_ bytes: [UInt8], deepest: Int = deepest) -> Bool {
    guard String(validating: bytes, as: UTF8.self) != nil else { return false }
    var syntax = JSONSyntax(bytes, isStrict: true, deepest: deepest)
    return syntax.value() && syntax.next == nil
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  /// - Source: RFC 8259 §2
  private mutating func skipSpace() {
    while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
  }

  /// - Source: RFC 8259 §3
  private mutating func value() -> Bool {
    skipSpace()
    defer { skipSpace() }
    switch next {
    case UInt8(ascii: "{"): return list(until: "}") { $0.member() }
    case UInt8(ascii: "["): return list(until: "]") { $0.value() }
    case UInt8(ascii: "\""): return string()
    case UInt8(ascii: "t"): return word("true")
    case UInt8(ascii: "f"): return word("false")
    case UInt8(ascii: "n"): return word("null")
    default: return number()
    }
  }

  /// - Source: RFC 8259 §4, §5
  private mutating func list(
    until end: Unicode.Scalar, _ element: (inout JSONSyntax) -> Bool
  ) -> Bool {
    guard depth < deepest else { return false }
    depth += 1
    keys.append([])
    defer {
      depth -= 1
      keys.removeLast()
    }
    position += 1
    skipSpace()
    if take(end) { return true }
    while element(&self) {
      if take(end) { return true }
      guard take(",") else { return false }
    }
    return false
  }

  private mutating func member() -> Bool {
    skipSpace()
    let start = position
    guard string() else { return false }
    if isStrict {
      // bounded: the position only grows, up to the end; a member is in an open list
      let key = bytes[start..<position]
      guard !key.contains(UInt8(ascii: "\\")), keys[keys.count - 1].insert(key).inserted else {
        return false
      }
    }
    skipSpace()
    return take(":") && value()
  }

  /// - Source: RFC 8259 §7
  private mutating func string() -> Bool {
    guard take("\"") else { return false }
    while let byte = next, byte >= 0x20 {
      position += 1
      if byte == UInt8(ascii: "\"") { return true }
      if byte == UInt8(ascii: "\\"), !escape() { return false }
    }
    return false
  }

  private mutating func escape() -> Bool {
    guard take("u") else {
      guard let byte = next, "\"\\/bfnrt".utf8.contains(byte) else { return false }
      position += 1
      return true
    }
    for _ in 0..<4 {
      guard let byte = next, Unicode.Scalar(byte).properties.isASCIIHexDigit else { return false }
      position += 1
    }
    return true
  }

  private mutating func word(_ text: StaticString) -> Bool {
    for scalar in text.description.unicodeScalars {
      guard take(scalar) else { return false }
    }
    return true
  }

  /// - Source: RFC 8259 §6
  private mutating func number() -> Bool {
    _ = take("-")
    guard take("0") || digits() else { return false }
    if take("."), !digits() { return false }
    guard take("e") || take("E") else { return true }
    if !take("+") { _ = take("-") }
    return digits()
  }

  private mutating func digits() -> Bool {
    let start = position
    while let byte = next, (0x30...0x39).contains(byte) { position += 1 }
    return position > start
  }
}
