// SPDX-License-Identifier: Apache-2.0

/// The web pages that may open WebSockets: browsers apply no rule of their own.
///
/// - Source: RFC 6455 §10.2
package struct SocketOrigins: Sendable {
  /// The permitted origins beside that of this server, in lower case; empty if all are permitted.
  private let origins: Set<String>
  private let hosts: KnownHosts

  /// - Parameters:
  ///   - origins: URLs such as `https://example.com:8443`, whose paths do not count; all origins are
  ///     permitted if there is none.
  ///   - hosts: the names of the server (default: addresses and `localhost`).
  package init(_ origins: [String] = [], hosts: KnownHosts = KnownHosts([])) {
    self.origins = Set(origins.map(Self.origin))
    self.hosts = hosts
  }

  /// The origin of a URL as browsers write it: without a path and the usual port.
  ///
  /// - Source: RFC 6454 §6.2
  private static func origin(of url: String) -> String {
    let parts = url.lowercased().split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count >= 3 else { return url.lowercased() }
    var host = parts[2]
    for (scheme, port) in [("http:", ":80"), ("https:", ":443")]
    where parts[0] == scheme && host.hasSuffix(port) {
      host = host.dropLast(port.count)
    }
    return "\(parts[0])//\(host)"
  }

  /// Whether a request may open a WebSocket: it comes from no page, from a page of this server, or
  /// from a page of a permitted origin.
  ///
  /// A page whose own name points to this machine (DNS rebinding) has the origin that it asks, but
  /// under a name that is not one of the server.
  package func decide(origin: String?, host: String?) -> AccessDecision {
    guard !origins.isEmpty, let origin = origin?.lowercased() else { return .granted }
    if origins.contains(origin) { return .granted }
    let own = host.map { ["http://\($0.lowercased())", "https://\($0.lowercased())"] } ?? []
    guard own.contains(origin) else { return .refused(.foreignPage) }
    return hosts.contain(field: host) ? .granted : .refused(.unknownHost)
  }
}
