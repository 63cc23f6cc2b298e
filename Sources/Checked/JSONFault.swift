// SPDX-License-Identifier: Apache-2.0

/// Why a text is not JSON, with the position, which decoders do not report.
package struct JSONFault: Error, Equatable {
  package enum Reason: Sendable, Equatable {
    case expected(String)
    /// The object has the key twice.
    case duplicateKey(String)
  }

  /// From 1.
  package let line: Int
  /// From 1, in bytes.
  package let column: Int
  package let reason: Reason

  /// A fault at an offset of a text.
  package init(in bytes: [UInt8], at offset: Int, _ reason: Reason) {
    // bounded: the least of both
    let before = bytes[..<min(offset, bytes.count)]
    line = 1 + before.count { $0 == 0x0A }
    column = 1 + before.reversed().prefix { $0 != 0x0A }.count
    self.reason = reason
  }
}
