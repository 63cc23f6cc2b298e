// SPDX-License-Identifier: Apache-2.0

package import Time

/// Writes a message: integers in network byte order, texts and bytes after their length.
package struct FieldWriter: Sendable {
  /// The bytes so far.
  package fileprivate(set) var bytes: [UInt8] = []

  /// No fields.
  package init() {}

  /// No fields, with room for `count` bytes.
  init(reserving count: Int) { bytes.reserveCapacity(count) }

  /// Adds the value of a field.
  package mutating func add(_ value: some FieldValue) { value.write(to: &self) }

  /// Adds the values of fields, in their order; one call for each is faster.
  package mutating func add<each Value: FieldValue>(_ value: repeat each Value) {
    repeat (each value).write(to: &self)
  }

  /// Begins a message of a kind with its fields; their sizes in the head are set later.
  mutating func add<each Value: FieldValue>(message kind: UInt8, _ value: repeat each Value) {
    add(kind)
    add(0 as UInt32)
    add(0 as UInt32)
    repeat (each value).write(to: &self)
  }

  /// Replaces the four bytes at an index.
  mutating func replace(from index: Int, with value: UInt32) {
    unsafe withUnsafeBytes(of: value.bigEndian) { bytes in
      unsafe self.bytes.replaceSubrange(index..<index + bytes.count, with: bytes)
    }
  }
}

/// A value that messages have as a field, or as several.
package protocol FieldValue {
  /// Adds the bytes of the value.
  func write(to writer: inout FieldWriter)
}

extension FieldValue where Self: FixedWidthInteger {
  /// Adds as many bytes as the type has.
  package func write(to writer: inout FieldWriter) {
    unsafe withUnsafeBytes(of: bigEndian) { unsafe writer.bytes.append(contentsOf: $0) }
  }
}

extension UInt8: FieldValue {}
extension UInt16: FieldValue {}
extension UInt32: FieldValue {}
extension UInt64: FieldValue {}
extension Int32: FieldValue {}
extension Int64: FieldValue {}

extension Bool: FieldValue {
  /// Adds 1 for true, 0 for false.
  package func write(to writer: inout FieldWriter) { writer.add(UInt8(self ? 1 : 0)) }
}

extension [UInt8]: FieldValue {
  /// Adds the bytes after their number.
  package func write(to writer: inout FieldWriter) {
    writer.add(UInt32(clamping: count))
    writer.bytes += self
  }
}

extension String: FieldValue {
  /// Adds the text in UTF-8 after its length.
  package func write(to writer: inout FieldWriter) { writer.add(Array(utf8)) }
}

extension Optional: FieldValue where Wrapped: FieldValue {
  /// Adds whether there is a value, and the value.
  package func write(to writer: inout FieldWriter) {
    writer.add(self != nil)
    if let self { writer.add(self) }
  }
}

extension Interval: FieldValue {
  /// Adds the nanoseconds.
  package func write(to writer: inout FieldWriter) { writer.add(nanoseconds) }
}

extension Instant: FieldValue {
  /// Adds the nanoseconds since the origin of the timeline.
  package func write(to writer: inout FieldWriter) { writer.add(nanoseconds) }
}
