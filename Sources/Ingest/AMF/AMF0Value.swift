// SPDX-License-Identifier: Apache-2.0

import Checked

/// A value of the Action Message Format, version 0.
/// - Source: AMF 0 Specification (2007)
package indirect enum AMF0Value: Sendable, Equatable {
  /// A number.
  case number(Double)
  /// True or false.
  case boolean(Bool)
  /// A string, short or long.
  case string(String)
  /// An object or an ECMA array; the last of equal names counts.
  case object([String: AMF0Value])
  /// A strict array.
  case array([AMF0Value])
  /// The value null.
  case null
  /// The value undefined, also for values without content: references, XML.
  case undefined
  /// Milliseconds since 1970.
  case date(Double)

  /// The text; nil for other values.
  package var text: String? { if case .string(let text) = self { text } else { nil } }

  /// The number; nil for other values.
  package var number: Double? { if case .number(let number) = self { number } else { nil } }

  /// The value of a name; nil for other values than objects, and for unknown names.
  package subscript(_ name: String) -> AMF0Value? {
    if case .object(let values) = self { values[name] } else { nil }
  }
}

extension AMF0Value {
  /// The value in a message; the names of an object in alphabetical order.
  package var bytes: [UInt8] {
    switch self {
    case .number(let number): [0x00] + number.bitPattern.bigEndianBytes()
    case .boolean(let flag): [0x01, flag ? 1 : 0]
    case .string(let text): [0x02] + Self.bytes(of: text)
    case .object(let values):
      values.sorted { $0.key < $1.key }.reduce(into: [0x03]) { bytes, entry in
        bytes += Self.bytes(of: entry.key) + entry.value.bytes
      } + [0, 0, 0x09]
    case .array(let values):
      [0x0A] + UInt32(clamping: values.count).bigEndianBytes() + values.flatMap(\.bytes)
    case .null: [0x05]
    case .undefined: [0x06]
    case .date(let time): [0x0B] + time.bitPattern.bigEndianBytes() + [0, 0]
    }
  }

  /// A string of at most 65,535 bytes; the rest is cut.
  private static func bytes(of text: String) -> [UInt8] {
    let text = Array(text.utf8.prefix(65_535))
    return text.count.bigEndianBytes(2) + text
  }
}

/// Why bytes are no value of AMF 0.
package enum AMF0Error: Error, Sendable, Equatable {
  /// A value extends beyond the bytes.
  case truncated
  /// Objects or arrays are nested too deeply.
  case tooDeep
  /// The type of a value is unknown.
  case unknownType(UInt8)
}
