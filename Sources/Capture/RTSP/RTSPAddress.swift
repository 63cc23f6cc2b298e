// SPDX-License-Identifier: Apache-2.0

internal import Checked

/// The URL of an RTSP server: `rtsp://[USER:PASSWORD@]HOST[:PORT][/PATH]`, or with `rtsps`.
package struct RTSPAddress: Sendable, Equatable {
  /// The port of each scheme.
  private static let ports: [String: UInt16] = ["rtsp": 554, "rtsps": 322]
  /// The parameters of a query that are for libavformat, not for the server.
  private static let libraryOptions: Set<Substring> = ["tcp", "udp", "udp_multicast", "multicast"]
  /// The longest URL that a redirect may state, in bytes.
  private static let longest = 4096

  /// Name or address, without brackets.
  package let host: String
  package let port: UInt16
  /// Whether the connection has TLS.
  package let isSecure: Bool
  /// The URL with its port, without credentials and the options of libavformat.
  package let text: String
  /// nil if the URL states none.
  package private(set) var credentials: RTSPCredentials?
  /// The options of libavformat in the query.
  package let options: [Substring]
  private let authority: String

  /// Reads a URL; nil for another scheme, and for a malformed host or port.
  package init?(_ given: String) {
    guard let mark = given.firstRange(of: "://") else { return nil }
    let scheme = given[..<mark.lowerBound].lowercased()
    guard let standard = Self.ports[scheme], given.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F })
    else { return nil }
    let rest = given[mark.upperBound...]
    let stated = rest.prefix { !"/?#".contains($0) }
    let at = stated.lastIndex(of: "@")
    let server = at.map { stated[stated.index(after: $0)...] } ?? stated
    guard let place = HostAndPort(server), !place.isAmbiguous, !place.host.isEmpty,
      let port = place.port.map({ UInt16($0) }) ?? standard, port > 0
    else { return nil }
    host = String(place.host)
    self.port = port
    isSecure = scheme == "rtsps"
    let name = place.isBracketed ? "[\(host)]" : host
    authority = "\(scheme)://\(name):\(port)"
    if let at { credentials = RTSPCredentials(userInfo: stated[..<at]) }
    let path = rest[stated.endIndex...]
    let query = path.firstIndex(of: "?")
    let parameters = query.map { path[path.index(after: $0)...].split(separator: "&") } ?? []
    options = parameters.filter { Self.libraryOptions.contains($0) }
    guard let query, !options.isEmpty else {
      text = authority + path
      return
    }
    let others = parameters.filter { !Self.libraryOptions.contains($0) }
    text = authority + path[..<query] + (others.isEmpty ? "" : "?" + others.joined(separator: "&"))
  }

  /// The address of a redirect; nil for another protocol.
  ///
  /// The credentials stay with their host.
  /// - Source: RFC 2326 §11.3.3; RFC 3986 §5.2
  package func following(_ location: String) -> RTSPAddress? {
    guard location.utf8.count <= Self.longest else { return nil }
    let isPath = location.hasPrefix("/") && !location.hasPrefix("//")
    guard var next = RTSPAddress(isPath ? authority + location : location) else { return nil }
    if next.credentials == nil, next.host.lowercased() == host.lowercased() {
      // A redirect must not have a password sent in the clear.
      if next.isSecure || !isSecure { next.credentials = credentials }
    }
    return next
  }

  /// Host and port for messages, without secrets.
  package var place: String { "\(host):\(port)" }
}
