// SPDX-License-Identifier: Apache-2.0

/// The attributes of a tag: pure.
///
/// Accepts any text, and notes malformed attributes.
///
/// - Source: draft-pantos-hls-rfc8216bis-22 §4.2
struct AttributeList: Sendable, Equatable {
  /// The values without quotation marks.
  private(set) var values: [String: String] = [:]
  /// Attributes that occur twice.
  private(set) var repeated: [String] = []
  /// The first text that is no attribute; nil if there is none.
  private(set) var malformed: String?

  /// Reads the text after the colon of a tag.
  init(_ text: Substring) {
    var rest = text
    while !rest.isEmpty {
      let name = rest.prefix { $0 != "=" }
      guard !name.isEmpty, name.count < rest.count, name.allSatisfy(Self.isNameCharacter) else {
        malformed = malformed ?? String(rest.prefix(40))
        return
      }
      rest = rest.dropFirst(name.count + 1)
      let value: Substring
      if rest.first == "\"" {
        value = rest.dropFirst().prefix { $0 != "\"" }
        rest = rest.dropFirst(value.count + 1)
        guard rest.first == "\"" else {
          malformed = malformed ?? "\(name)=\"\(value.prefix(40))"
          return
        }
        rest = rest.dropFirst()
      } else {
        value = rest.prefix { $0 != "," }
        rest = rest.dropFirst(value.count)
        if value.isEmpty || value.contains(where: \.isWhitespace) {
          malformed = malformed ?? "\(name)=\(value.prefix(40))"
        }
      }
      if values[String(name)] != nil { repeated.append(String(name)) }
      values[String(name)] = String(value)
      guard rest.isEmpty || rest.first == "," else {
        malformed = malformed ?? String(rest.prefix(40))
        return
      }
      let hasComma = rest.first == ","
      rest = rest.dropFirst()
      if hasComma, rest.isEmpty { malformed = malformed ?? "," }
    }
  }

  /// The value of an attribute.
  subscript(name: String) -> String? { values[name] }

  /// A decimal number that is finite and not negative.
  func seconds(_ name: String) -> Double? { values[name].flatMap { Self.seconds($0) } }

  /// Whether the attribute is `YES`.
  func isYes(_ name: String) -> Bool { values[name] == "YES" }

  /// A decimal number of the grammar, up to a year.
  static func seconds(_ text: some StringProtocol) -> Double? {
    guard !text.isEmpty, text.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }),
      let value = Double(String(text)), value <= 31_536_000
    else { return nil }
    return value
  }

  private static func isNameCharacter(_ character: Character) -> Bool {
    character.isASCII && (character.isUppercase || character.isNumber || character == "-")
  }
}
