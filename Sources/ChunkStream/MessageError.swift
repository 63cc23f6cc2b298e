// SPDX-License-Identifier: Apache-2.0

/// Why bytes are not a message.
package enum MessageError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The message ends within a field.
  case truncated
  /// Bytes follow the last field.
  case excess(Int)
  /// No message has this kind.
  case unknownKind(UInt8)
  /// A message or a field is larger than its limit.
  case tooLarge(field: String, count: Int, limit: Int)
  /// A field has a value that it cannot have.
  case invalid(field: String, value: String)
  /// More messages or bytes arrive than any source has.
  case tooMany(perSecond: Int64, bytes: Int64)
  /// The other end speaks another version.
  case version(UInt16, expected: UInt16)

  /// Checks that a value is in its range.
  ///
  /// - Throws: the error if it is not.
  package static func check<Value: Comparable>(
    _ field: String, _ value: Value, in range: ClosedRange<Value>
  ) throws(MessageError) {
    guard range.contains(value) else { throw .invalid(field: field, value: "\(value)") }
  }

  /// Checks that a text has at most `limit` bytes.
  ///
  /// - Throws: the error if it has more.
  package static func check(
    _ field: String, _ text: String, limit: Int
  ) throws(MessageError) { try check(field, count: text.utf8.count, limit: limit) }

  /// Checks that a list or a text has at most `limit` elements.
  ///
  /// - Throws: the error if it has more.
  package static func check(
    _ field: String, count: Int, limit: Int
  ) throws(MessageError) {
    guard count <= limit else { throw .tooLarge(field: field, count: count, limit: limit) }
  }

  /// One line for a person.
  package var description: String {
    switch self {
    case .truncated: "a message ends within a field"
    case .excess(let count): "a message has \(count) bytes behind its last field"
    case .unknownKind(let kind): "a message has the unknown kind \(kind)"
    case .tooLarge(let field, let count, let limit):
      "\(field) has a size of \(count) (expected at most \(limit))"
    case .invalid(let field, let value): "\(field) has the invalid value \(value)"
    case .tooMany(let messages, let bytes):
      "more than \(messages) messages or \(bytes / 1_000_000) MB arrive per second"
    case .version(let version, let expected):
      "the version of the messages is \(version) (expected \(expected))"
    }
  }
}
