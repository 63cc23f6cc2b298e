// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// Any JSON value; numbers as the shortest text that means them.
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
  /// - Throws: where it is not JSON.
  init(parsing bytes: [UInt8]) throws(JSONFault) {
    do {
      self = try JSONDecoder().decode(JSONValue.self, from: Data(bytes))
    } catch { throw JSONFault(in: bytes) }
  }

  /// The text of a string, a number or a boolean; nil for anything else.
  var text: String? {
    switch self {
    case .boolean(let value): String(value)
    case .number(let text), .string(let text): text
    case .null, .array, .object: nil
    }
  }

  /// What it is, for an error text.
  var word: String {
    switch self {
    case .null: "null"
    case .array: "an array"
    case .object: "an object"
    case .boolean, .number, .string: text ?? ""
    }
  }
}
