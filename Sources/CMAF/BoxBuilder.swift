// SPDX-License-Identifier: Apache-2.0

/// Appends boxes, whose sizes follow from their content.
///
/// - Source: ISO/IEC 14496-12 §4.2
package struct BoxBuilder {
  /// The bytes so far.
  package private(set) var bytes: [UInt8] = []

  /// No bytes; memory for `capacity` bytes.
  package init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

  /// Appends a box with the content that `write` appends.
  package mutating func box(_ type: String, _ write: (inout BoxBuilder) -> Void) {
    let start = bytes.count
    put(UInt32(0))
    put(Array(type.utf8))
    write(&self)
    // bounded: positions in memory
    set(UInt32(clamping: bytes.count - start), at: start)
  }

  /// Appends a box with version and flags.
  package mutating func box(
    _ type: String, version: UInt8, flags: UInt32 = 0, _ write: (inout BoxBuilder) -> Void
  ) {
    box(type) {
      $0.put(UInt32(version) << 24 | flags)
      write(&$0)
    }
  }

  /// Appends a number in network byte order.
  package mutating func put(_ number: some FixedWidthInteger) { bytes.put(number) }

  /// Appends a number in network byte order.
  package mutating func put(_ number: UInt32) { bytes.put(number) }

  /// Appends bytes.
  package mutating func put(_ content: some Sequence<UInt8>) { bytes.append(contentsOf: content) }

  /// Appends zeros.
  package mutating func zeros(_ count: Int) {
    bytes.append(contentsOf: repeatElement(0, count: count))
  }

  /// Overwrites bytes that are there.
  package mutating func set<Value: FixedWidthInteger>(_ value: Value, at position: Int) {
    bytes.set(value, at: position)
  }
}
