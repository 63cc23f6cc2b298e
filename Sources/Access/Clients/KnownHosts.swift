// SPDX-License-Identifier: Apache-2.0

import Net

/// The hosts under which this server answers `/api`, clients on this machine without a token, and
/// WebSockets of its own pages if others are refused.
///
/// A page of another site can let its own name point to this machine (DNS rebinding); the browser
/// then sends that name as `Host`.
package struct KnownHosts: Sendable {
  private let names: Set<String>

  /// The names of the server, beside addresses and `localhost`.
  package init(_ names: Set<String>) {
    self.names = Set(names.map(Self.normal)).union(["localhost", "ip6-localhost", "ip6-loopback"])
  }

  /// Whether the `Host` of a request is an address or a name of this server; browsers always send
  /// one.
  package func contain(field: String?) -> Bool {
    guard let field, !field.isEmpty else { return true }
    let host = Self.host(field)
    let name = Self.normal(host)
    return PeerAddress(host) != nil || name.hasSuffix(".localhost") || names.contains(name)
  }

  /// A name in lower case, without the dot of a complete name.
  /// - Source: RFC 3986 §3.2.2; RFC 1034 §3.1
  private static func normal(_ name: String) -> String {
    let name = name.lowercased()
    return name.hasSuffix(".") ? String(name.dropLast()) : name
  }

  /// Why a request may be that of another site's page in a browser on this machine; nil if it comes
  /// from a program or from a page of this server.
  ///
  /// Browsers send `Origin` with requests whose responses a page of another site could read.
  /// - Source: RFC 6454 §7; Fetch §3.1
  package func refusal(host: String?, origin: String?) -> AccessRefusal? {
    guard contain(field: host) else { return .unknownHost }
    guard let origin = origin?.lowercased() else { return nil }
    let host = host?.lowercased() ?? ""
    return ["http://\(host)", "https://\(host)"].contains(origin)
      ? nil : .foreignPage
  }

  /// The host of an absolute URL.
  package static func name(in url: String) -> String {
    let rest = url.split(separator: "/", omittingEmptySubsequences: true).dropFirst()
    return host(String(rest.first ?? ""))
  }

  /// The part before the port; an IPv6 address without its brackets; any other text if it is no
  /// host with a port.
  /// - Source: RFC 3986 §3.2.2, §3.2.3
  static func host(_ authority: String) -> String {
    if authority.hasPrefix("[") {
      guard let end = authority.firstIndex(of: "]") else { return authority }
      let rest = authority[authority.index(after: end)...]
      guard authority[..<end].contains(":"),
        rest.isEmpty || rest.first == ":" && UInt16(rest.dropFirst()) != nil
      else { return authority }
      return String(authority[..<end].dropFirst())
    }
    return String(authority.prefix { $0 != ":" })
  }
}
