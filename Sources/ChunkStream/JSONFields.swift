// SPDX-License-Identifier: Apache-2.0

import Checked
import FoundationEssentials

/// A value that is sent once, as JSON.
///
/// The JSON has at most ``maximumBytes`` bytes and ``deepest`` levels. The types of the members
/// check their own ranges; ``check()`` has the other ones.
package protocol JSONFields: Codable, Sendable {
  /// The most bytes of the JSON (default those of the fields of a message).
  static var maximumBytes: Int { get }
  /// Checks the members.
  ///
  /// - Throws: the error in the first member that is out of its range.
  func check() throws(MessageError)
}

extension JSONFields {
  /// The most bytes of the fields of a message.
  package static var maximumBytes: Int { MessageHead.maximumFieldsLength }
  /// The deepest nesting of its arrays and objects: those of a session are less than half of it.
  private static var deepest: Int { 16 }

  /// Reads a value, and checks it.
  ///
  /// - Throws: the error if the bytes are not JSON, or a member is missing or out of its range.
  package init(fields: [UInt8]) throws(MessageError) {
    guard fields.count <= Self.maximumBytes else {
      throw .tooLarge(field: "a text of JSON", count: fields.count, limit: Self.maximumBytes)
    }
    guard JSONSyntax.isUnambiguous(fields, deepest: Self.deepest) else {
      throw .invalid(field: "a text", value: "that is not JSON of at most \(Self.deepest) levels")
    }
    do { self = try JSONDecoder().decode(Self.self, from: Data(fields)) } catch {
      throw .invalid(field: (error as? DecodingError)?.member ?? "a member", value: "of JSON")
    }
    try check()
  }

  /// The value as JSON, whose members are in alphabetical order; empty if it cannot be expressed.
  package var fields: [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(self)).map { Array($0) } ?? []
  }
}

extension DecodingError {
  /// The member that cannot be read.
  fileprivate var member: String {
    let path: [any CodingKey]
    switch self {
    case .keyNotFound(let key, let context): path = context.codingPath + [key]
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
      path = context.codingPath
    @unknown default: path = []
    }
    return path.map(\.stringValue).joined(separator: ".")
  }
}
