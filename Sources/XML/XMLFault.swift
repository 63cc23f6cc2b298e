// SPDX-License-Identifier: Apache-2.0

/// Why a document of XML is refused.
package struct XMLFault: Error, Equatable, CustomStringConvertible {
  /// The fault in words, with at most 40 bytes of a name in the document.
  package let reason: String
  /// The position of the fault, from 1; nil for a fault of the document as a whole.
  package let line: Int?, column: Int?
  /// The prefix that is not declared; nil for other faults.
  package let prefix: String?

  package var description: String {
    guard let line, let column else { return reason }
    return "line \(line), column \(column): \(reason)"
  }

  /// A fault at a position.
  package init(_ reason: String, line: Int? = nil, column: Int? = nil, prefix: String? = nil) {
    self.reason = reason
    self.line = line
    self.column = column
    self.prefix = prefix
  }

  /// The start of a name, for the words of a fault: a name may be as long as its document.
  package static func excerpt(_ name: String) -> String {
    name.utf8.count > 40 ? String(decoding: name.utf8.prefix(40), as: UTF8.self) + "…" : name
  }
}
