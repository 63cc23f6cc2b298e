// SPDX-License-Identifier: Apache-2.0

/// The attributes of a tag: pure.
///
/// Accepts any text, and notes malformed attributes. A playlist of 0.1 s parts has about fifty such
/// tags and is read ten times per second: the text is read as bytes and is not copied.
///
/// - Source: draft-pantos-hls-rfc8216bis-22 §4.2
struct AttributeList: Sendable, Equatable {
  /// A name and its value, without quotation marks.
  private struct Attribute: Sendable, Equatable {
    let name, value: Substring
  }

  /// The most attributes that are read: each is compared with those before it.
  private static let most = 256

  private var attributes: [Attribute] = []
  /// Attributes that occur twice.
  private(set) var repeated: [String] = []
  /// The first text that is no attribute; nil if there is none.
  private(set) var malformed: String?

  /// Reads the text after the colon of a tag.
  init(_ text: Substring) {
    attributes.reserveCapacity(4)
    read(text)
  }

  private mutating func read(_ text: Substring) {
    var rest = text.utf8
    while !rest.isEmpty {
      let name = rest.prefix { $0 != UInt8(ascii: "=") }
      guard !name.isEmpty, name.endIndex != rest.endIndex,
        name.allSatisfy({ Self.isNameCharacter($0) })
      else { return note(Substring(rest)) }
      rest = rest[name.endIndex...].dropFirst()
      let value: Substring.UTF8View
      if rest.first == UInt8(ascii: "\"") {
        value = rest.dropFirst().prefix { $0 != UInt8(ascii: "\"") }
        rest = rest[value.endIndex...]
        guard !rest.isEmpty else {
          return note("\(Substring(name))=\"\(Substring(value).prefix(40))"[...])
        }
        rest = rest.dropFirst()
      } else {
        value = rest.prefix { $0 != UInt8(ascii: ",") }
        rest = rest[value.endIndex...]
        if value.isEmpty || Self.hasWhiteSpace(value) {
          note("\(Substring(name))=\(Substring(value).prefix(40))"[...])
        }
      }
      guard attributes.count < Self.most else {
        return note("more than \(Self.most) attributes")
      }
      add(Substring(name), Substring(value))
      guard rest.isEmpty || rest.first == UInt8(ascii: ",") else { return note(Substring(rest)) }
      let hasComma = !rest.isEmpty
      rest = rest.dropFirst()
      if hasComma, rest.isEmpty { note(",") }
    }
  }

  /// Whether there is an attribute with this name.
  func has(_ name: String) -> Bool { value(name) != nil }

  /// The value of an attribute.
  subscript(name: String) -> String? { value(name).map { String($0) } }

  /// A decimal number that is finite and not negative.
  func seconds(_ name: String) -> Double? { value(name).flatMap { Self.seconds($0) } }

  /// Whether the attribute is `YES`.
  func isYes(_ name: String) -> Bool { value(name) == "YES" }

  /// The value of the last attribute with this name.
  private func value(_ name: String) -> Substring? {
    attributes.last { $0.name == name }?.value
  }

  private mutating func add(_ name: Substring, _ value: Substring) {
    if attributes.contains(where: { $0.name == name }) { repeated.append(String(name)) }
    attributes.append(Attribute(name: name, value: value))
  }

  /// Notes a malformed text, unless one was noted before.
  private mutating func note(_ text: Substring) {
    malformed = malformed ?? String(text.prefix(48))
  }

  /// A decimal-integer; nil if the text is none, or above 2^53.
  static func integer(_ text: some StringProtocol) -> Int64? {
    Int64(text).flatMap { (0...1 << 53).contains($0) ? $0 : nil }
  }

  /// A decimal number of the grammar, up to a year.
  static func seconds(_ text: some StringProtocol) -> Double? {
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard !text.isEmpty,
      text.utf8.allSatisfy({ digits.contains($0) || $0 == UInt8(ascii: ".") }),
      let value = Double(text), value <= 31_536_000
    else { return nil }
    return value
  }

  private static func isNameCharacter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
  }

  /// Whether a value without quotation marks has white space, which may be outside of ASCII.
  private static func hasWhiteSpace(_ value: Substring.UTF8View) -> Bool {
    value.contains { $0 <= 0x20 || $0 >= 0x80 }
      && Substring(value).contains(where: \.isWhitespace)
  }
}
