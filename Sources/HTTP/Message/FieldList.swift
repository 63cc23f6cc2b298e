// SPDX-License-Identifier: Apache-2.0

/// The elements of a field whose value is a list separated by commas.
enum FieldList {
  /// The elements without the spaces and tabs around them; empty elements are left out.
  ///
  /// - Source: RFC 9110 §5.6.1
  static func elements(_ value: ArraySlice<UInt8>) -> [String] {
    value.split(separator: UInt8(ascii: ",")).compactMap { item in
      let element = trimmed(item)
      return element.isEmpty ? nil : String(decoding: element, as: UTF8.self)
    }
  }

  /// The elements of a value; none for nil.
  static func elements(_ value: String?) -> [String] {
    value.map { elements(Array($0.utf8)[...]) } ?? []
  }

  /// The elements in lower case, for tokens without regard to case.
  static func tokens(_ value: ArraySlice<UInt8>) -> [String] {
    elements(value).map { $0.lowercased() }
  }
}
