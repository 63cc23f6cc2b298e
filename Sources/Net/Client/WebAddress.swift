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
    let text = Self.resolve(location, base: base)
    guard var next = WebAddress(text, longest: 8192) else { return nil }
    if next.origin == origin { next.userInfo = userInfo }
    return next
  }

  /// The URL without user info.
  private var base: String { (origin.isSecure ? "https://" : "http://") + authority + target }

  /// The URL of a reference in a document at `base`, without a fragment.
  /// - Source: RFC 3986 §5.2, without `..`
  package static func resolve(_ location: String, base: String) -> String {
    let reference = location.prefix { $0 != "#" }
    let first = reference.prefix { $0 != "/" && $0 != "?" }
    guard !first.contains(":"), let scheme = base.firstRange(of: "://") else {
      return String(reference)
    }
    if reference.hasPrefix("//") { return "\(base[...scheme.lowerBound])\(reference)" }
    let end = base.firstIndex { $0 == "?" || $0 == "#" } ?? base.endIndex
    let document = base[..<end]
    let host = document[scheme.upperBound...].firstIndex(of: "/") ?? document.endIndex
    if reference.hasPrefix("/") { return "\(document[..<host])\(reference)" }
    if reference.isEmpty { return String(base.prefix { $0 != "#" }) }
    if reference.hasPrefix("?") { return "\(document)\(reference)" }
    let path = document[host...]
    let folder = path.lastIndex(of: "/").map { String(document[...$0]) } ?? "\(document)/"
    return "\(folder)\(reference)"
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
