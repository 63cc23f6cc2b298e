// SPDX-License-Identifier: Apache-2.0

/// A header field: a name and a value.
package struct HeaderField: Sendable, Hashable {
  /// The name, in any case.
  package let name: String
  /// The value, without surrounding spaces.
  package let value: String

  /// A field; control characters in the value are written as spaces, so that no value can end its
  /// line.
  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }

  func append(to head: inout [UInt8]) {
    head.append(contentsOf: name.utf8)
    head.append(UInt8(ascii: ":"))
    head.append(UInt8(ascii: " "))
    head.append(contentsOf: value.utf8.lazy.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 })
    head.append(0x0D)
    head.append(0x0A)
  }

  /// Whether the name is `other`, without regard to case.
  package func isNamed(_ other: String) -> Bool {
    name.utf8.elementsEqual(other.utf8) { lowercased($0) == lowercased($1) }
  }
}
