// SPDX-License-Identifier: Apache-2.0

/// A challenge of a server that requires authentication.
/// - Source: RFC 9110 §11.2 and §11.6.1; RFC 7826 §19.1
package struct AuthenticationChallenge: Sendable, Equatable {
  /// As the server writes it.
  package let scheme: String
  /// The parameters without quotes, by their names in lower case; of equal names the first.
  package private(set) var parameters: [String: String] = [:]

  /// The most challenges of a response; further ones are ignored.
  package static let most = 16

  private init(_ scheme: String) { self.scheme = scheme }

  /// The challenges in the values of fields `WWW-Authenticate`, in their order.
  ///
  /// A field may have several. Commas may be missing, and values that should be quoted may have no
  /// quotes, as from some devices.
  package static func all(in fields: [String]) -> [AuthenticationChallenge] {
    var found: [AuthenticationChallenge] = []
    for field in fields {
      var text = Text(field)
      var current: AuthenticationChallenge?
      while let (word, followsComma) = text.takeWord() {
        if text.takesEquals() {
          let value = text.takeValue()
          if current?.parameters[word.lowercased()] == nil {
            current?.parameters[word.lowercased()] = value
          }
        } else if current == nil || followsComma || current?.parameters.isEmpty == false {
          if let current { found.append(current) }
          current = AuthenticationChallenge(word)
        }
        // Else the word is the token68 of its scheme, RFC 9110 §11.2.
      }
      if let current { found.append(current) }
    }
    return Array(found.prefix(most))
  }

  /// A text that is read from its start.
  private struct Text {
    private var rest: Substring.UnicodeScalarView

    init(_ text: String) { rest = text[...].unicodeScalars }

    private mutating func skip(_ signs: Set<Unicode.Scalar>) {
      rest = rest.drop { signs.contains($0) }
    }

    /// The next word, up to a space, a comma or `=`, and whether a comma precedes it; nil at the
    /// end.
    mutating func takeWord() -> (String, Bool)? {
      let start = rest
      // A sign that begins no word would never end.
      skip([" ", "\t", ",", "=", ";", "\""])
      let followsComma = start[..<rest.startIndex].contains(",")
      let word = rest.prefix { !" \t,=".unicodeScalars.contains($0) }
      rest = rest[word.endIndex...]
      return word.isEmpty ? nil : (String(word), followsComma)
    }

    /// Whether `=` follows, which is taken.
    mutating func takesEquals() -> Bool {
      let next = rest.drop { $0 == " " || $0 == "\t" }
      guard next.first == "=" else { return false }
      rest = next.dropFirst()
      return true
    }

    /// The next value, quoted or not.
    ///
    /// A value without quotes ends at a comma, or before a word that `=` follows.
    mutating func takeValue() -> String {
      skip([" ", "\t"])
      guard rest.first == "\"" else {
        let value = rest.prefix { $0 != "," }
        let end = Self.end(of: value)
        rest = rest[end...]
        let text = String(value[..<end])
        return String(text.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
      }
      var value = String.UnicodeScalarView()
      var isEscaped = false
      rest = rest.dropFirst()
      while let sign = rest.popFirst() {
        if isEscaped {
          value.append(sign)
          isEscaped = false
        } else if sign == "\\" {
          isEscaped = true
        } else if sign == "\"" {
          break
        } else {
          value.append(sign)
        }
      }
      return String(value)
    }

    /// The end of an unquoted value, before ` name=` of a parameter without a comma.
    private static func end(of value: Substring.UnicodeScalarView) -> String.Index {
      var end = value.endIndex
      var searched = value
      while let equals = searched.firstIndex(of: "=") {
        guard let space = searched[..<equals].lastIndex(where: { $0 == " " || $0 == "\t" }) else {
          searched = searched[equals...].dropFirst()
          continue
        }
        end = space
        break
      }
      return end
    }
  }
}
