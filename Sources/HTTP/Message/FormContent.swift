// SPDX-License-Identifier: Apache-2.0

import Checked

/// The content of a form: `application/x-www-form-urlencoded`.
///
/// - Source: URL Standard §5.1
package struct FormContent: Sendable {
  private let items: [(name: String, value: String)]

  /// Reads a body; a broken escape is unchanged.
  package init(_ body: [UInt8]) {
    items = body.split(separator: UInt8(ascii: "&")).map { item in
      let name = item.prefix { $0 != UInt8(ascii: "=") }
      return (
        percentDecoded(name, plusIsSpace: true),
        percentDecoded(item[name.endIndex...].dropFirst(), plusIsSpace: true)
      )
    }
  }

  /// The value of the first field with this name; nil without one.
  package subscript(name: String) -> String? { items.first { $0.name == name }?.value }
}
