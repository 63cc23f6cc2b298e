// SPDX-License-Identifier: Apache-2.0

/// Writes the fields of a message: integers in network byte order, texts and bytes after their
/// length.
package struct FieldWriter: Sendable {
  /// The fields so far.
  package private(set) var bytes: [UInt8] = []

  /// No fields.
  package init() {}

  /// No fields, with room for `count` bytes.
  init(reserving count: Int) { bytes.reserveCapacity(count) }

  /// Writes a number over the bytes from `index` on, which were added before.
  mutating func replace(from index: Int, with value: UInt32) {
    unsafe withUnsafeBytes(of: value.bigEndian) { bytes in
      unsafe self.bytes.replaceSubrange(index..<index + bytes.count, with: bytes)
    }
  }

  /// Adds a whole number in as many bytes as its type has.
  package mutating func add<Value: FixedWidthInteger>(_ value: Value) {
    unsafe withUnsafeBytes(of: value.bigEndian) { unsafe bytes.append(contentsOf: $0) }
  }

  /// Adds true or false.
  package mutating func add(_ value: Bool) { add(UInt8(value ? 1 : 0)) }

  /// Adds bytes after their number.
  package mutating func add(_ value: [UInt8]) {
    add(UInt32(clamping: value.count))
    bytes += value
  }

  /// Adds a text in UTF-8 after its length.
  package mutating func add(_ value: String) { add(Array(value.utf8)) }

  /// Adds whether there is a value, and the value by `body`.
  package mutating func add<Value>(_ value: Value?, _ body: (inout FieldWriter, Value) -> Void) {
    add(value != nil)
    if let value { body(&self, value) }
  }
}
