// SPDX-License-Identifier: Apache-2.0

/// A value in a JSON text.
package protocol JSONValue {
  /// The value as JSON; if `isSpaced`, with a space after each colon and comma.
  func json(isSpaced: Bool) -> String
}

/// A JSON object whose members keep their order; a member that is nil is left out.
package struct JSONObject: JSONValue, ExpressibleByDictionaryLiteral {
  private let members: [(name: String, value: any JSONValue)]

  /// An object with these members.
  package init(_ members: [(String, any JSONValue)]) { self.members = members }

  /// An object with these members.
  package init(dictionaryLiteral members: (String, (any JSONValue)?)...) {
    self.init(members.compactMap { name, value in value.map { (name, $0) } })
  }

  /// The members of both.
  package static func + (first: JSONObject, second: JSONObject) -> JSONObject {
    JSONObject(first.members + second.members)
  }

  /// The object without spaces.
  package var text: String { json(isSpaced: false) }
  /// The object with spaces, for people.
  package var spacedText: String { json(isSpaced: true) }

  package func json(isSpaced: Bool) -> String {
    let colon = isSpaced ? ": " : ":"
    let texts = members.map { "\"\($0.name)\"\(colon)\($0.value.json(isSpaced: isSpaced))" }
    return "{\(texts.joined(separator: isSpaced ? ", " : ","))}"
  }
}

/// A value that is JSON already.
package struct RawJSON: JSONValue {
  private let text: String

  /// This JSON text.
  package init(_ text: String) { self.text = text }

  package func json(isSpaced: Bool) -> String { text }
}

extension String: JSONValue {
  /// The text in quotation marks.
  package func json(isSpaced: Bool) -> String { JSONText.quoted(self) }
}

extension Array: JSONValue where Element: JSONValue {
  /// The array.
  package func json(isSpaced: Bool) -> String {
    "[\(map { $0.json(isSpaced: isSpaced) }.joined(separator: isSpaced ? ", " : ","))]"
  }
}

extension JSONValue where Self: CustomStringConvertible {
  /// The description, which is JSON.
  package func json(isSpaced: Bool) -> String { description }
}

extension Bool: JSONValue {}
extension Double: JSONValue {}
extension Int: JSONValue {}
extension Int32: JSONValue {}
extension Int64: JSONValue {}
extension UInt16: JSONValue {}
extension UInt32: JSONValue {}
extension UInt64: JSONValue {}
