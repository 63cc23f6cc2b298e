// SPDX-License-Identifier: Apache-2.0

package import Net

/// The addresses in `Forwarded` and `X-Forwarded-For`, the oldest first.
///
/// Nil is an element without a usable address: `unknown`, an obfuscated name, or a malformed one.
package enum ForwardedFields {
  /// The addresses of `X-Forwarded-For`, each perhaps with a port.
  package static func xForwardedFor(_ value: String) -> [PeerAddress?] {
    FieldList.elements(value).map(node)
  }

  /// The addresses of the parameters `for`; an element without the parameter is nil.
  ///
  /// A list whose quotation marks are unbalanced has one element, nil.
  /// - Source: RFC 7239 §4, §6
  package static func forwarded(_ value: String) -> [PeerAddress?] {
    parameters("for", of: value).map { $0.flatMap(node) }
  }

  /// The values of a parameter, whose name is given in lower case; an element without the parameter
  /// is nil, and a list whose quotation marks are unbalanced has one element, nil.
  static func parameters(_ name: String, of value: String) -> [String?] {
    guard let elements = split(Array(value.utf8)[...], at: UInt8(ascii: ",")) else { return [nil] }
    return elements.map { element in
      guard let pairs = split(element, at: UInt8(ascii: ";")) else { return nil }
      let values = pairs.compactMap { pair -> String? in
        guard let equals = pair.firstIndex(of: UInt8(ascii: "=")),
          trimmed(pair[..<equals]).map(lowercased).elementsEqual(name.utf8)
        else { return nil }
        // bounded: after the first index
        return unquoted(trimmed(pair[(equals + 1)...]))
      }
      // RFC 7239 §4: "Each parameter MUST NOT occur more than once per field-value."
      return values.count == 1 ? values[0] : nil
    }
  }

  /// The parts between the separators outside of quoted text; nil if a quoted text has no end.
  private static func split(
    _ bytes: ArraySlice<UInt8>, at separator: UInt8
  ) -> [ArraySlice<UInt8>]? {
    var parts: [ArraySlice<UInt8>] = []
    var start = bytes.startIndex
    var isQuoted = false
    var isEscaped = false
    for index in bytes.indices {
      let byte = bytes[index]
      if isEscaped {
        isEscaped = false
      } else if isQuoted, byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\"") {
        isQuoted.toggle()
      } else if byte == separator, !isQuoted {
        // bounded: start is at most the index, since it follows an earlier one
        parts.append(bytes[start..<index])
        // bounded: an index of the slice
        start = index + 1
      }
    }
    // bounded: start is at most the end
    return isQuoted ? nil : parts + [bytes[start...]]
  }

  /// A token, or the content of a quoted text; an address contains no escape.
  private static func unquoted(_ value: ArraySlice<UInt8>) -> String {
    let mark = UInt8(ascii: "\"")
    let isQuoted = value.count >= 2 && value.first == mark && value.last == mark
    return String(decoding: isQuoted ? value.dropFirst().dropLast() : value, as: UTF8.self)
  }

  /// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:80`.
  private static func node(_ text: String) -> PeerAddress? {
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]"), isPort(text[end...].dropFirst()),
        let address = PeerAddress(text[..<end].dropFirst()), text[..<end].contains(":")
      else { return nil }
      return address
    }
    if let address = PeerAddress(text) { return address }
    guard let colon = text.firstIndex(of: ":"), isPort(text[colon...]) else { return nil }
    return PeerAddress(text[..<colon])
  }

  /// Nothing, or a colon and a port or an obfuscated port.
  private static func isPort(_ text: Substring) -> Bool {
    guard let first = text.first else { return true }
    let port = text.dropFirst()
    return first == ":" && (UInt16(port) != nil || port.hasPrefix("_") && port.count > 1)
  }
}
