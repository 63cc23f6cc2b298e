// SPDX-License-Identifier: Apache-2.0

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

/// Why bytes are no value of AMF 0.
package enum AMF0Error: Error, Sendable, Equatable {
  /// A value extends beyond the bytes.
  case truncated
  /// Objects or arrays are nested too deeply.
  case tooDeep
  /// The type of a value is unknown.
  case unknownType(UInt8)
}
