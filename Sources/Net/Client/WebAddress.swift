// SPDX-License-Identifier: Apache-2.0

/// The URL of a request: `http://HOST[:PORT][/PATH][?QUERY]`, or the same with `https`.
package struct WebAddress: Sendable, Equatable {
  /// The server of an address.
  package struct Origin: Sendable, Hashable {
    /// The name or the address, of IPv6 without brackets.
    package let host: String
    package let port: UInt16
    /// Whether requests are sent over TLS.
    package let isSecure: Bool
  }

  /// The longest URL of a hook.
  package static let longest = 1024

  package let origin: Origin
  /// Host and port as in the URL.
  package let authority: String
  /// Path and query.
  package let target: String
  /// Name and password for HTTP Basic, decoded; nil without one.
  package private(set) var userInfo: String?

  /// Reads a URL; nil for anything else, for a URL with a fragment, and for one with user info
  /// unless `permitsUserInfo`.
  package init?(
    _ text: String, longest: Int = WebAddress.longest, permitsUserInfo: Bool = false
  ) {
    let isSecure = text.lowercased().hasPrefix("https://")
    let scheme = isSecure ? "https://" : "http://"
    guard text.utf8.count <= longest, text.lowercased().hasPrefix(scheme),
      text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
      !text.utf8.contains(where: { "#\"<>\\^`{|}".utf8.contains($0) })
    else { return nil }
    let rest = text.dropFirst(scheme.count)
    var authority = rest.prefix { $0 != "/" && $0 != "?" }
    let target = rest.dropFirst(authority.count)
    if permitsUserInfo, let end = authority.lastIndex(of: "@") {
      userInfo = Self.decoded(authority[..<end])
      authority = authority[authority.index(after: end)...]
    }
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
    origin = Origin(host: String(name), port: port, isSecure: isSecure)
    self.authority = String(authority)
    self.target = target.hasPrefix("/") ? String(target) : "/" + target
  }

  /// The address of a redirection; nil for another protocol.
  ///
  /// User info stays with its server.
  /// - Source: RFC 3986 §5.2, without `..`; RFC 9110 §10.2.2
  package func following(_ location: String) -> WebAddress? {
    let scheme = origin.isSecure ? "https:" : "http:"
    let reference = location.prefix { $0 != "#" }
    let text: String
    if reference.contains("://") {
      text = String(reference)
    } else if reference.hasPrefix("//") {
      text = scheme + reference
    } else if reference.hasPrefix("/") {
      text = "\(scheme)//\(authority)\(reference)"
    } else {
      let path = target.prefix { $0 != "?" }
      let folder = path[...(path.lastIndex(of: "/") ?? path.startIndex)]
      text = "\(scheme)//\(authority)\(folder)\(reference)"
    }
    guard var next = WebAddress(text, longest: 8192) else { return nil }
    if next.origin == origin { next.userInfo = userInfo }
    return next
  }

  /// A text without its percent escapes; escapes that are none stay.
  private static func decoded(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
