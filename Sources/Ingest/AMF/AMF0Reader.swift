// SPDX-License-Identifier: Apache-2.0

import Checked

/// Reads the values of an AMF 0 message.
///
/// Each value takes at least one byte of the message, so their number is bounded by its size.
package struct AMF0Reader: Sendable {
  /// The deepest nesting of objects and arrays.
  package static let depth = 8

  private var cursor: ByteCursor

  /// A reader of the values from `offset` on.
  package init(_ bytes: [UInt8], from offset: Int = 0) {
    cursor = ByteCursor(bytes, from: offset)
  }

  /// Whether no value is left.
  package var isAtEnd: Bool { cursor.rest.isEmpty }

  /// The next value.
  package mutating func next() throws(AMF0Error) -> AMF0Value { try value(depth: 0) }

  /// All remaining values.
  package mutating func rest() throws(AMF0Error) -> [AMF0Value] {
    var values: [AMF0Value] = []
    while !isAtEnd { values.append(try next()) }
    return values
  }

  /// - Source: AMF 0 §2.1, the types
  private mutating func value(depth: Int) throws(AMF0Error) -> AMF0Value {
    guard depth <= Self.depth else { throw .tooDeep }
    let type = try integer(1)
    switch type {
    case 0x00: return .number(try double())
    case 0x01: return .boolean(try integer(1) != 0)
    case 0x02: return .string(try text(lengthSize: 2))
    case 0x03: return .object(try object(depth: depth))
    case 0x05: return .null
    case 0x06, 0x0D: return .undefined
    case 0x07:
      _ = try integer(2)
      return .undefined
    case 0x08:
      // The count is a hint: the end marker decides.
      _ = try integer(4)
      return .object(try object(depth: depth))
    case 0x0A: return .array(try array(depth: depth))
    case 0x0B:
      let time = try double()
      _ = try integer(2)
      return .date(time)
    case 0x0C: return .string(try text(lengthSize: 4))
    case 0x0F:
      _ = try text(lengthSize: 4)
      return .undefined
    case 0x10:
      _ = try text(lengthSize: 2)
      return .object(try object(depth: depth))
    default: throw .unknownType(UInt8(clamping: type))
    }
  }

  private mutating func object(depth: Int) throws(AMF0Error) -> [String: AMF0Value] {
    var values: [String: AMF0Value] = [:]
    while true {
      let name = try text(lengthSize: 2)
      var next = cursor
      if name.isEmpty, next.integer(1) == 0x09 {
        cursor = next
        return values
      }
      // ECMA arrays of some encoders end with the message.
      if isAtEnd, name.isEmpty { return values }
      values[name] = try value(depth: depth + 1)
    }
  }

  private mutating func array(depth: Int) throws(AMF0Error) -> [AMF0Value] {
    let count = try integer(4)
    guard count <= cursor.rest.count else { throw .truncated }
    var values: [AMF0Value] = []
    for _ in 0..<count { values.append(try value(depth: depth + 1)) }
    return values
  }

  private mutating func integer(_ count: Int) throws(AMF0Error) -> Int {
    guard let value = cursor.integer(count) else { throw .truncated }
    return value
  }

  private mutating func double() throws(AMF0Error) -> Double {
    guard let bits = cursor.wide() else { throw .truncated }
    return Double(bitPattern: UInt64(bitPattern: bits))
  }

  private mutating func text(lengthSize: Int) throws(AMF0Error) -> String {
    guard let range = cursor.take(try integer(lengthSize)) else { throw .truncated }
    // bounded: the cursor is within the bytes
    return String(decoding: cursor.bytes[range], as: UTF8.self)
  }
}
