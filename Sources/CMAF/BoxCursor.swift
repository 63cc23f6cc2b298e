// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Writes consecutive big-endian fields into memory of the exact size.
@safe
struct BoxCursor {
  private let memory: UnsafeMutableRawBufferPointer
  private var offset = 0

  init(_ memory: UnsafeMutableRawBufferPointer) { unsafe self.memory = memory }

  mutating func put32(_ value: UInt32) { store(value.bigEndian) }
  mutating func put64(_ value: UInt64) { store(value.bigEndian) }

  /// Writes a four-character code.
  mutating func put(_ code: StaticString) {
    put32(code.utf8CodeUnitCount == 4 ? Self.value(of: code) : 0)
  }

  /// Writes the header of a box of `size` bytes, header included.
  mutating func open(size: Int, _ type: StaticString) {
    put32(UInt32(size))
    put(type)
  }

  mutating func copy(_ bytes: [UInt8]) {
    unsafe UnsafeMutableRawBufferPointer(rebasing: memory[offset...]).copyBytes(from: bytes)
    offset += bytes.count
  }

  private static func value(of code: StaticString) -> UInt32 {
    code.withUTF8Buffer { unsafe $0.reduce(0) { $0 << 8 | UInt32($1) } }
  }

  private mutating func store<Value: FixedWidthInteger>(_ value: Value) {
    unsafe memory.storeBytes(of: value, toByteOffset: offset, as: Value.self)
    offset += MemoryLayout<Value>.size
  }
}
