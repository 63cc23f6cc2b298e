// SPDX-License-Identifier: Apache-2.0

/// Writes the values of an AMF 0 message.
///
/// For messages of this server, whose strings are short.
package struct AMF0Writer: Sendable {
  /// The message.
  package private(set) var bytes: [UInt8] = []

  /// An empty message.
  package init() {}

  /// Appends a value; the names of an object in alphabetical order.
  package mutating func add(_ value: AMF0Value) {
    switch value {
    case .number(let number):
      bytes.append(0x00)
      add(number)
    case .boolean(let flag): bytes += [0x01, flag ? 1 : 0]
    case .string(let text):
      bytes.append(0x02)
      add(text)
    case .object(let values):
      bytes.append(0x03)
      for (name, value) in values.sorted(by: { $0.key < $1.key }) {
        add(name)
        add(value)
      }
      bytes += [0, 0, 0x09]
    case .array(let values):
      bytes.append(0x0A)
      unsafe withUnsafeBytes(of: UInt32(clamping: values.count).bigEndian) {
        unsafe bytes.append(contentsOf: $0)
      }
      for value in values { add(value) }
    case .null: bytes.append(0x05)
    case .undefined: bytes.append(0x06)
    case .date(let time):
      bytes.append(0x0B)
      add(time)
      bytes += [0, 0]
    }
  }

  private mutating func add(_ number: Double) {
    unsafe withUnsafeBytes(of: number.bitPattern.bigEndian) {
      unsafe bytes.append(contentsOf: $0)
    }
  }

  /// Appends a string of at most 65,535 bytes; the rest is cut.
  private mutating func add(_ text: String) {
    let text = Array(text.utf8.prefix(65_535))
    bytes += [UInt8(text.count >> 8), UInt8(text.count & 255)] + text
  }
}
