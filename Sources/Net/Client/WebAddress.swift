// SPDX-License-Identifier: Apache-2.0

import Checked

/// The URL of a request: `http://HOST[:PORT][/PATH][?QUERY]`, or the same with `https`.
package struct WebAddress: Sendable, Equatable {
  /// The server of an address.
  package struct Origin: Sendable, Hashable {
    /// The name or the address, of IPv6 without brackets.
    package let host: String
    package let port: UInt16
    /// Whether requests are sent over TLS.
    package let isSecure: Bool

    /// A server of another protocol than HTTP.
    package init(host: String, port: UInt16, isSecure: Bool) {
      (self.host, self.port, self.isSecure) = (host, port, isSecure)
    }
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
  /// User info as in the URL, with its `@`; empty without one.
  private var userInfoText: Substring = ""

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
      userInfo = percentDecoded(Array(authority[..<end].utf8)[...])
      userInfoText = authority[...end]
      authority = authority[authority.index(after: end)...]
    }
    guard !authority.contains("@"), let server = HostAndPort(authority), !server.isAmbiguous,
      !server.host.isEmpty,
      let port = server.port.map({ UInt16($0) }) ?? (isSecure ? 443 : 80), port > 0
    else { return nil }
    origin = Origin(host: String(server.host), port: port, isSecure: isSecure)
    self.authority = String(authority)
    self.target = target.hasPrefix("/") ? String(target) : "/" + target
  }

  /// The address of a redirection; nil for another protocol.
  ///
  /// User info stays with its server.
  /// - Source: RFC 3986 §5.2; RFC 9110 §10.2.2
  package func following(_ location: String) -> WebAddress? {
    let text = Self.resolve(location, base: base)
    guard var next = WebAddress(text, longest: 8192) else { return nil }
    if next.origin == origin {
      (next.userInfo, next.userInfoText) = (userInfo, userInfoText)
    }
    return next
  }

  /// The URL without user info.
  private var base: String { scheme + authority + target }

  /// The URL with user info.
  package var text: String { scheme + userInfoText + authority + target }

  private var scheme: String { origin.isSecure ? "https://" : "http://" }

  /// The URL of a reference in a document at `base`, without a fragment.
  /// - Source: RFC 3986 §5.2
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
    if reference.hasPrefix("/") { return "\(document[..<host])\(withoutDots(reference))" }
    if reference.isEmpty { return String(base.prefix { $0 != "#" }) }
    if reference.hasPrefix("?") { return "\(document)\(reference)" }
    let path = document[host...]
    let folder = path.lastIndex(of: "/").map { path[...$0] } ?? "/"
    return "\(document[..<host])\(withoutDots("\(folder)\(reference)"))"
  }

  /// A path and query whose path has no segments `.` and `..`.
  /// - Source: RFC 3986 §5.2.4
  private static func withoutDots(_ target: Substring) -> String {
    let path = target.prefix { $0 != "?" }
    guard path.contains("/.") else { return String(target) }
    var segments: [Substring] = []
    let all = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    for (index, segment) in all.enumerated() {
      switch segment {
      case ".", "..":
        if segment == "..", !segments.isEmpty { segments.removeLast() }
        // bounded: the text has a segment
        if index == all.count - 1 { segments.append("") }
      default: segments.append(segment)
      }
    }
    return "/" + segments.joined(separator: "/") + target[path.endIndex...]
  }
}
