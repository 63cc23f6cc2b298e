// SPDX-License-Identifier: Apache-2.0

/// The syntax of a JSON text, checked byte by byte; values are not read.
///
/// Each step moves past its part of the text, or throws the first fault.
/// - Source: RFC 8259; comments and final commas as in JSON5
package struct JSONSyntax {
  /// The deepest nesting of arrays and objects in messages.
  package static let deepest = 100
  /// The deepest nesting in documents, whose decoder needs time with the third power of it.
  ///
  /// A request of 1 KB with 500 levels took 1.2 s.
  package static let deepestInDocument = 32

  /// The rules for a text beyond the grammar.
  package struct Rules: Sendable {
    /// The keys of an object.
    enum Keys: Sendable { case any, unique, uniqueWithoutEscapes }

    let deepest: Int
    let keys: Keys
    /// Whether escapes of one half of a surrogate pair are faults.
    var needsPairs = false
    /// Whether comments, and commas after the last element, are skipped.
    var allowsComments = false

    /// Any JSON value of at most ``JSONSyntax/deepest`` levels.
    package static let message = Rules(deepest: JSONSyntax.deepest, keys: .any)

    /// A document that people write: keys are unique, and escapes are characters.
    package static func document(allowsComments: Bool) -> Rules {
      Rules(
        deepest: deepestInDocument, keys: .unique, needsPairs: true, allowsComments: allowsComments)
    }
  }

  private let bytes: [UInt8]
  private let rules: Rules
  private var position = 0
  private var depth = 0

  private init(_ bytes: [UInt8], _ rules: Rules) {
    self.bytes = bytes
    self.rules = rules
  }

  /// Checks that `bytes` are one value in UTF-8, with nothing but white space around it.
  ///
  /// - Throws: the first fault of the syntax, or else the first byte that is no UTF-8.
  package static func check(_ bytes: [UInt8], _ rules: Rules) throws(JSONFault) {
    var syntax = JSONSyntax(bytes, rules)
    try syntax.value()
    guard syntax.next == nil else { throw syntax.expected("the end") }
    try checkText(bytes)
  }

  /// Whether `bytes` are a message.
  package static func isValid(_ bytes: [UInt8]) -> Bool { (try? check(bytes, .message)) != nil }

  /// Whether all readers find the same members in `bytes`: valid, of at most `deepest` levels, and
  /// without an object that has a key twice, or a key with an escape.
  ///
  /// Of two equal keys some readers take the first and some the last.
  /// - Source: RFC 8259 §4; RFC 7519 §4
  package static func isUnambiguous(_ bytes: [UInt8], deepest: Int = deepest) -> Bool {
    (try? check(bytes, Rules(deepest: deepest, keys: .uniqueWithoutEscapes))) != nil
  }

  /// - Source: RFC 8259 §8.1
  private static func checkText(_ bytes: [UInt8]) throws(JSONFault) {
    guard String(validating: bytes, as: UTF8.self) == nil else { return }
    // Repaired text differs first where the fault is.
    let repaired = String(decoding: bytes, as: UTF8.self).utf8
    let same = zip(bytes, repaired).prefix { $0 == $1 }.count
    throw JSONFault(in: bytes, at: same, .expected("UTF-8"))
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private func expected(_ text: String) -> JSONFault {
    JSONFault(in: bytes, at: position, .expected(text))
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  /// - Source: RFC 8259 §3
  private mutating func value() throws(JSONFault) {
    try skipSpace()
    switch next {
    case UInt8(ascii: "{"):
      var keys: Set<[UInt8]> = []
      try list(until: "}") { syntax throws(JSONFault) in try syntax.member(&keys) }
    case UInt8(ascii: "["):
      try list(until: "]") { syntax throws(JSONFault) in try syntax.value() }
    case UInt8(ascii: "\""): _ = try string()
    case UInt8(ascii: "t"): try word("true")
    case UInt8(ascii: "f"): try word("false")
    case UInt8(ascii: "n"): try word("null")
    default: try number()
    }
    try skipSpace()
  }

  /// - Source: RFC 8259 §4, §5
  private mutating func list(
    until end: Unicode.Scalar, _ element: (inout JSONSyntax) throws(JSONFault) -> Void
  ) throws(JSONFault) {
    guard depth < rules.deepest else { throw expected("JSON of fewer levels") }
    depth += 1
    defer { depth -= 1 }
    position += 1
    try skipSpace()
    if take(end) { return }
    while true {
      try element(&self)
      if take(end) { return }
      guard take(",") else { throw expected("a comma or \(end)") }
      try skipSpace()
      if rules.allowsComments, take(end) { return }
    }
  }

  private mutating func member(_ keys: inout Set<[UInt8]>) throws(JSONFault) {
    let start = position
    guard next == UInt8(ascii: "\"") else { throw expected("a key in double quotes") }
    let hasEscape = try string()
    if rules.keys != .any {
      // bounded: the position only grows, up to the end; a key has two quotes
      let quoted = bytes[start..<position].dropFirst().dropLast()
      if hasEscape, rules.keys == .uniqueWithoutEscapes {
        throw JSONFault(in: bytes, at: start, .expected("a key without an escape"))
      }
      let key = hasEscape ? Self.unescaped(quoted) : Array(quoted)
      guard keys.insert(key).inserted else {
        let text = String(decoding: key, as: UTF8.self)
        throw JSONFault(in: bytes, at: start, .duplicateKey(text))
      }
    }
    try skipSpace()
    guard take(":") else { throw expected("a colon") }
    try value()
  }

  /// Returns whether the string has an escape.
  /// - Source: RFC 8259 §7
  private mutating func string() throws(JSONFault) -> Bool {
    var hasEscape = false
    position += 1
    while let byte = next {
      guard byte >= 0x20 else { throw expected("a string on one line") }
      if take("\"") { return hasEscape }
      position += 1
      guard byte == UInt8(ascii: "\\") else { continue }
      hasEscape = true
      try escape()
    }
    throw expected("the end of a string")
  }

  /// - Source: RFC 8259 §7; half of a surrogate pair is no character, §8.2
  private mutating func escape() throws(JSONFault) {
    // bounded: the position is after a backslash
    let start = position - 1
    guard let escaped = next, "\"\\/bfnrtu".utf8.contains(escaped) else {
      throw expected("an escape such as \\n")
    }
    position += 1
    guard escaped == UInt8(ascii: "u") else { return }
    let unit = try hexUnit()
    guard rules.needsPairs, UTF16.isSurrogate(unit) else { return }
    guard UTF16.isLeadSurrogate(unit), take("\\"), take("u"),
      UTF16.isTrailSurrogate(try hexUnit())
    else {
      throw JSONFault(
        in: bytes, at: start, .expected("both halves of a surrogate pair, as in \\ud83d\\ude00"))
    }
  }

  /// Four hexadecimal digits.
  private mutating func hexUnit() throws(JSONFault) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = next, byte < 0x80,
        let digit = Character(Unicode.Scalar(byte)).hexDigitValue
      else { throw expected("four hexadecimal digits") }
      // bounded: four digits of four bits
      unit = unit << 4 | UInt16(digit)
      position += 1
    }
    return unit
  }

  /// The text of a valid string without its quotes.
  private static func unescaped(_ quoted: ArraySlice<UInt8>) -> [UInt8] {
    let plain: [UInt8: Unicode.Scalar] = [
      UInt8(ascii: "b"): "\u{8}", UInt8(ascii: "f"): "\u{C}", UInt8(ascii: "n"): "\n",
      UInt8(ascii: "r"): "\r", UInt8(ascii: "t"): "\t",
    ]
    var units: [UInt16] = []
    var rest = String(decoding: quoted, as: UTF8.self).utf16[...]
    while let unit = rest.popFirst() {
      guard unit == 0x5C, let escaped = rest.popFirst() else {
        units.append(unit)
        continue
      }
      guard escaped == 0x75 else {
        units.append(plain[UInt8(truncatingIfNeeded: escaped)].map { UInt16($0.value) } ?? escaped)
        continue
      }
      units.append(UInt16(String(decoding: rest.prefix(4), as: UTF16.self), radix: 16) ?? 0)
      rest = rest.dropFirst(4)
    }
    return Array(String(decoding: units, as: UTF16.self).utf8)
  }

  private mutating func word(_ text: String) throws(JSONFault) {
    for scalar in text.unicodeScalars {
      guard take(scalar) else { throw expected(text) }
    }
  }

  /// - Source: RFC 8259 §6
  private mutating func number() throws(JSONFault) {
    _ = take("-")
    if take("0") {
      if let byte = next, (0x30...0x39).contains(byte) {
        throw expected("no digit after a leading 0")
      }
    } else {
      try digits("a value")
    }
    if take(".") { try digits() }
    guard take("e") || take("E") else { return }
    if !take("+") { _ = take("-") }
    try digits()
  }

  private mutating func digits(_ name: String = "a digit") throws(JSONFault) {
    let start = position
    while let byte = next, (0x30...0x39).contains(byte) { position += 1 }
    guard position > start else { throw expected(name) }
  }

  /// Skips white space and, if they are allowed, comments.
  /// - Source: RFC 8259 §2
  private mutating func skipSpace() throws(JSONFault) {
    while let byte = next {
      switch byte {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      case 0x0B, 0x0C:
        guard rules.allowsComments else { return }
        position += 1
      case UInt8(ascii: "/"):
        guard rules.allowsComments else { return }
        try comment()
      default: return
      }
    }
  }

  private mutating func comment() throws(JSONFault) {
    position += 1
    if take("/") {
      while let byte = next, byte != 0x0A, byte != 0x0D { position += 1 }
      return
    }
    guard take("*") else { throw expected("// or /*") }
    while next != nil {
      if take("*") {
        if take("/") { return }
      } else {
        position += 1
      }
    }
    throw expected("*/")
  }
}
