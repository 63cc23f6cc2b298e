// SPDX-License-Identifier: Apache-2.0

/// Why a document of XML is refused.
package struct XMLFault: Error, Equatable, CustomStringConvertible {
  package let description: String
  /// The prefix that is not declared; nil for other faults.
  package let prefix: String?

  /// A fault with these words.
  package init(_ description: String, prefix: String? = nil) {
    self.description = description
    self.prefix = prefix
  }
}
