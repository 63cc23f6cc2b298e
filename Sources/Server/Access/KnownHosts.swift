// SPDX-License-Identifier: Apache-2.0

import HTTP
import Net

/// The hosts under which this server answers `/api`.
///
/// A page of another site can let its own name point to this machine (DNS rebinding); the browser
/// then sends that name as `Host`.
package struct KnownHosts {
  private let names: Set<String>

  /// The names of the server, beside addresses and `localhost`.
  init(_ names: Set<String>) { self.names = Set(names.map { $0.lowercased() }) }

  /// Whether the `Host` of a request is an address or a name of this server; browsers always send
  /// one.
  func contain(_ request: Request) -> Bool {
    guard let field = request.header("host"), !field.isEmpty else { return true }
    let host = Self.host(field).lowercased()
    return PeerAddress(host) != nil || host == "localhost" || host.hasSuffix(".localhost")
      || names.contains(host)
  }

  /// The host of an absolute URL.
  package static func name(in url: String) -> String {
    let rest = url.split(separator: "/", omittingEmptySubsequences: true).dropFirst()
    return host(String(rest.first ?? ""))
  }

  /// The part before the port; an IPv6 address without its brackets.
  static func host(_ authority: String) -> String {
    if authority.hasPrefix("[") {
      return String(authority.dropFirst().prefix { $0 != "]" })
    }
    return String(authority.prefix { $0 != ":" })
  }
}
