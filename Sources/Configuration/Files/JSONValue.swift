// SPDX-License-Identifier: Apache-2.0

import Checked
import FoundationEssentials

/// Any JSON value; numbers as their shortest text.
enum JSONValue: Sendable, Equatable, Decodable {
  case null
  case boolean(Bool)
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  init(from decoder: any Decoder) throws {
    let single = try decoder.singleValueContainer()
    if single.decodeNil() {
      self = .null
    } else if let value = try? single.decode(Bool.self) {
      self = .boolean(value)
    } else if let value = try? single.decode(Int64.self) {
      self = .number(String(value))
    } else if let value = try? single.decode(Double.self) {
      self = .number("\(value)")
    } else if let value = try? single.decode(String.self) {
      self = .string(value)
    } else if let value = try? single.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try single.decode([String: JSONValue].self))
    }
  }

  /// Reads a whole document.
  ///
  /// - Parameters:
  ///   - bytes: the document.
  ///   - allowsComments: whether comments and commas after the last element are skipped.
  /// - Throws: the first fault of the document.
  init(parsing bytes: [UInt8], allowsComments: Bool = false) throws(JSONFault) {
    try JSONSyntax.check(bytes, .document(allowsComments: allowsComments))
    let decoder = JSONDecoder()
    decoder.allowsJSON5 = allowsComments
    do {
      self = try decoder.decode(JSONValue.self, from: Data(bytes))
    } catch {
      throw JSONFault(in: bytes, at: 0, .expected("smaller numbers"))
    }
  }

  /// The text of a string, a number or a boolean; nil for other values.
  var text: String? {
    switch self {
    case .boolean(let value): String(value)
    case .number(let text), .string(let text): text
    case .null, .array, .object: nil
    }
  }

  /// The value, or its kind, for an error text.
  var summary: String {
    switch self {
    case .null: "null"
    case .array: "an array"
    case .object: "an object"
    case .boolean, .number, .string: text ?? ""
    }
  }
}
