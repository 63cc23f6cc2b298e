// SPDX-License-Identifier: Apache-2.0

/// Host and port as in a URL: `HOST`, `HOST:PORT`, `[ADDRESS]` or `[ADDRESS]:PORT`.
/// - Source: RFC 3986 §3.2.2, §3.2.3
package struct HostAndPort {
  /// The name or the address, without brackets; may be empty.
  package let host: Substring
  /// The text after the colon; nil without a colon.
  package let port: Substring?
  /// Whether the host is in brackets, as an address of IPv6 is.
  package let isBracketed: Bool

  /// Divides a text at its last colon, or after its bracket; nil if a bracket has no end, or other
  /// text follows it.
  package init?(_ text: Substring) {
    isBracketed = text.hasPrefix("[")
    let end =
      isBracketed
      ? text.firstIndex(of: "]").map { text.index(after: $0) }
      : text.lastIndex(of: ":") ?? text.endIndex
    guard let end else { return nil }
    // bounded: the end is an index of the text
    let (name, rest) = (text[..<end], text[end...])
    guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
    host = isBracketed ? name.dropFirst().dropLast() : name
    port = rest.isEmpty ? nil : rest.dropFirst()
  }

  /// A host as in a URL: an address of IPv6 has brackets.
  package static func text(_ host: String) -> String {
    host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
  }

  /// Whether the host cannot be told from the port: an address of IPv6 without brackets.
  package var isAmbiguous: Bool { !isBracketed && host.contains(":") }
}
