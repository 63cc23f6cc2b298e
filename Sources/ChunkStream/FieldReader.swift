// SPDX-License-Identifier: Apache-2.0

package import Time

/// Reads the fields of a message; every length and every range is checked.
package struct FieldReader: Sendable {
  private let bytes: [UInt8]
  private var place = 0

  /// A reader at the first field.
  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Reads a whole number of the type.
  package mutating func integer<Value: FixedWidthInteger>(
    _ type: Value.Type = Value.self
  ) throws(MessageError) -> Value {
    let count = Value.bitWidth / 8
    guard count <= bytes.count - place else { throw .truncated }
    var value: Value = 0
    // bounded: the guard has compared the count with the rest
    for byte in bytes[place..<place + count] {
      value = (Value.bitWidth > 8 ? value << 8 : 0) | Value(truncatingIfNeeded: byte)
    }
    place += count
    return value
  }

  /// Reads a whole number within `range`.
  package mutating func integer<Value: FixedWidthInteger>(
    _ field: String, in range: ClosedRange<Value>
  ) throws(MessageError) -> Value {
    let value = try integer(Value.self)
    guard range.contains(value) else { throw .invalid(field: field, value: "\(value)") }
    return value
  }

  /// The most tracks of a stream.
  package static let maximumTracks: UInt8 = 32
  /// The range of frame indices.
  private static let indices: ClosedRange<Int64> = 0...1 << 48
  /// The range of segment numbers; those of 0.1 s reach the year 5400.
  package static let numbers: ClosedRange<Int64> = 0...1 << 40

  /// Reads a frame index.
  mutating func frameIndex() throws(MessageError) -> Int64 {
    try integer("a frame index", in: Self.indices)
  }

  /// Reads the number of a segment.
  mutating func segmentNumber() throws(MessageError) -> Int64 {
    try integer("a segment number", in: Self.numbers)
  }

  /// Reads the number of a track.
  mutating func track() throws(MessageError) -> UInt8 {
    try integer("the number of a track", in: 0...Self.maximumTracks - 1)
  }

  /// The range of times: 73 years around an origin, which arithmetic can add without an overflow.
  package static let times: ClosedRange<Int64> = -(1 << 61)...1 << 61

  /// Reads an interval.
  package mutating func interval(_ field: String) throws(MessageError) -> Interval {
    .nanoseconds(try integer(field, in: Self.times))
  }

  /// Reads an interval within `range`.
  package mutating func interval(
    _ field: String, in range: ClosedRange<Interval>
  ) throws(MessageError) -> Interval {
    let value = Interval(nanoseconds: try integer())
    guard range.contains(value) else {
      throw .invalid(field: field, value: "\(value.nanoseconds) ns")
    }
    return value
  }

  /// Reads an instant of a timeline.
  mutating func instant<Timeline>(_ field: String) throws(MessageError) -> Instant<Timeline> {
    Instant(nanoseconds: try interval(field).nanoseconds)
  }

  /// Reads the version of messages, which must be `expected`.
  mutating func version(_ expected: UInt16) throws(MessageError) -> UInt16 {
    let found = try integer(UInt16.self)
    guard found == expected else { throw .version(found, expected: expected) }
    return found
  }

  /// Reads true or false.
  package mutating func boolean() throws(MessageError) -> Bool {
    try integer("a flag", in: 0...UInt8(1)) == 1
  }

  /// Reads at most `limit` bytes.
  package mutating func bytes(_ field: String, limit: Int) throws(MessageError) -> [UInt8] {
    let count = Int(try integer(UInt32.self))
    guard count <= limit else { throw .tooLarge(field: field, count: count, limit: limit) }
    guard count <= bytes.count - place else { throw .truncated }
    defer { place += count }
    // bounded: the guard has compared the count with the rest
    return Array(bytes[place..<place + count])
  }

  /// Reads a text of at most `limit` bytes.
  package mutating func text(_ field: String, limit: Int) throws(MessageError) -> String {
    let bytes = try bytes(field, limit: limit)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .invalid(field: field, value: "that is not UTF-8")
    }
    return text
  }

  /// Reads a text that consists of the permitted characters, which are ASCII.
  package mutating func word(
    _ field: String, limit: Int, where isPermitted: (UInt8) -> Bool
  ) throws(MessageError) -> String {
    let bytes = try bytes(field, limit: limit)
    guard !bytes.isEmpty, bytes.allSatisfy({ $0 < 0x80 && isPermitted($0) }) else {
      throw .invalid(field: field, value: "with characters that are not permitted")
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Reads a value if there is one.
  package mutating func optional<Value>(
    _ body: (inout FieldReader) throws(MessageError) -> Value
  ) throws(MessageError) -> Value? {
    try boolean() ? try body(&self) : nil
  }

  /// Checks that all bytes were read.
  package func end() throws(MessageError) {
    guard place == bytes.count else { throw .excess(bytes.count - place) }
  }
}
