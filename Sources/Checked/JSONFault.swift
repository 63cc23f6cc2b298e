// SPDX-License-Identifier: Apache-2.0

/// Why a document is not JSON, with the position, which the decoder does not report.
struct JSONFault: Error, Equatable {
  enum Reason: Equatable {
    case expected(String)
    /// The object has the key twice.
    case duplicateKey(String)
  }

  /// From 1.
  let line: Int
  /// From 1, in bytes.
  let column: Int
  let reason: Reason

  /// A fault at an offset of a document.
  init(in bytes: [UInt8], at offset: Int, _ reason: Reason) {
    // bounded: the least of both
    let before = bytes[..<min(offset, bytes.count)]
    line = 1 + before.count { $0 == 0x0A }
    column = 1 + before.reversed().prefix { $0 != 0x0A }.count
    self.reason = reason
  }

  /// The error of a file or of the content of a request.
  func usageError(at location: SettingLocation) -> UsageError {
    switch reason {
    case .expected(let expected):
      UsageError(
        .location(location), .problem("invalid JSON at line \(line), column \(column)"),
        expected: OptionText(expected))
    case .duplicateKey(let key):
      UsageError(
        .location(location),
        .problem("duplicate key \"\(key)\" at line \(line), column \(column)"))
    }
  }
}
