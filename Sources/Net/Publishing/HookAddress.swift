// SPDX-License-Identifier: Apache-2.0

/// The URL of a hook: `http://HOST[:PORT][/PATH][?QUERY]`, or the same with `https`.
package struct HookAddress: Sendable, Equatable {
  /// The longest URL.
  private static let longest = 1024

  /// The name or the address, of IPv6 without brackets.
  let host: String
  let port: UInt16
  /// Whether the request is sent over TLS.
  let isSecure: Bool
  /// Host and port as in the URL.
  let authority: String
  /// Path and query.
  let target: String

  /// Reads a URL; nil for anything else, and for a URL with user info or a fragment.
  package init?(_ text: String) {
    let isSecure = text.lowercased().hasPrefix("https://")
    let scheme = isSecure ? "https://" : "http://"
    guard text.utf8.count <= Self.longest, text.lowercased().hasPrefix(scheme),
      text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
      !text.utf8.contains(where: { "#\"<>\\^`{|}".utf8.contains($0) })
    else { return nil }
    let rest = text.dropFirst(scheme.count)
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    let target = rest.dropFirst(authority.count)
    let isBracketed = authority.hasPrefix("[")
    let hostEnd =
      isBracketed
      ? authority.firstIndex(of: "]").map { authority.index(after: $0) }
      : authority.firstIndex(of: ":") ?? authority.endIndex
    guard let hostEnd, !authority.contains("@") else { return nil }
    let name = isBracketed ? authority[..<hostEnd].dropFirst().dropLast() : authority[..<hostEnd]
    let number = authority[hostEnd...]
    guard !name.isEmpty, number.isEmpty || number.hasPrefix(":"),
      isBracketed || !number.dropFirst().contains(":"),
      let port = number.isEmpty ? (isSecure ? 443 : 80) : UInt16(number.dropFirst()), port > 0
    else { return nil }
    host = String(name)
    self.port = port
    self.isSecure = isSecure
    self.authority = String(authority)
    self.target = target.hasPrefix("/") ? String(target) : "/" + target
  }
}
