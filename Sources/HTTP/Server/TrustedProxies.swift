// SPDX-License-Identifier: Apache-2.0

package import Net

/// The proxies whose statements about clients are believed.
package struct TrustedProxies: Sendable {
  /// Proxies that state the address of a client: `Forwarded`, `X-Forwarded-For`, PROXY protocol.
  package var addresses: [AddressRange] = []

  /// Proxies that pass on only requests of clients whose access they have checked.
  package var checking: [AddressRange] = []

  /// No proxies.
  package init() {}

  /// Whether statements of a peer are believed; false for a client that a proxy has not stated.
  package func contains(_ peer: PeerAddress) -> Bool {
    !peer.isUnstated && addresses.contains { $0.contains(peer) }
  }

  /// Whether a peer has checked the access of its clients.
  func hasChecked(_ peer: PeerAddress) -> Bool { checking.contains { $0.contains(peer) } }

  /// The client of a request.
  ///
  /// Each proxy appends the address from which it got the request, so the newest address is the
  /// last one. Addresses are believed from the end of the list on, up to and including the first
  /// one that is not a trusted proxy: a client can invent those before it.
  ///
  /// A request for which trusted proxies state no other address has an unstated client: nothing
  /// distinguishes a request of the proxy itself from that of a client that it does not name. So
  /// has a request from this machine with a field of a proxy, if no trusted proxy sends it. An
  /// address of loopback that a proxy states is that of a program on the proxy's machine.
  ///
  /// - Parameters:
  ///   - request: the request.
  ///   - peer: the other end of the connection.
  /// - Returns: `peer`, if it is no proxy; an unstated client with the address of the proxy that
  ///   states none.
  /// - Throws: an error if `Forwarded` and `X-Forwarded-For` name different clients: one of them
  ///   was written by the client.
  func client(
    of request: Request, from peer: PeerAddress
  ) throws(RequestParseError) -> PeerAddress {
    guard contains(peer) else { return isUnnamedProxy(peer, request) ? peer.unstatedClient : peer }
    let standard = request.header("forwarded").map { first(ForwardedFields.forwarded($0), peer) }
    let usual = request.header("x-forwarded-for")
      .map { first(ForwardedFields.xForwardedFor($0), peer) }
    if let standard, let usual, standard.owner != usual.owner { throw .conflictingForwarded }
    return standard ?? usual ?? peer.unstatedClient
  }

  /// The fields that proxies add.
  /// - Source: RFC 7239 §4; RFC 9110 §7.6.3
  private static let proxyFieldLengths =
    Request.lengths(["x-forwarded-for", "forwarded", "via", "x-real-ip"])

  /// Whether a request of `peer`, which is not trusted, is that of a proxy on this machine.
  private func isUnnamedProxy(_ peer: PeerAddress, _ request: Request) -> Bool {
    guard peer.isLoopback, request.hasNames(ofLengths: Self.proxyFieldLengths) else { return false }
    return request.header("x-forwarded-for") != nil || request.header("forwarded") != nil
      || request.header("via") != nil || request.header("x-real-ip") != nil
  }

  /// The newest address that is not a trusted proxy, or the unstated client of the oldest believed
  /// proxy.
  private func first(_ stated: [PeerAddress?], _ peer: PeerAddress) -> PeerAddress {
    var proxy = peer
    for address in stated.reversed() {
      guard let address else { break }
      guard contains(address) else { return address.isLoopback ? address.unstatedClient : address }
      proxy = address
    }
    return proxy.unstatedClient
  }

  /// Whether a client requests by HTTPS.
  ///
  /// - Parameters:
  ///   - request: the request.
  ///   - peer: the other end of the connection.
  ///   - isSecure: whether the connection is encrypted by TLS.
  /// - Returns: what a trusted proxy states last in `Forwarded` (`proto`), or else in
  ///   `X-Forwarded-Proto`; `isSecure` without such a statement.
  /// - Throws: an error if the two fields name different schemes: one of them was written by the
  ///   client.
  /// - Source: RFC 7239 §5.4
  func isSecure(
    _ request: Request, from peer: PeerAddress, _ isSecure: Bool
  ) throws(RequestParseError) -> Bool {
    guard contains(peer) else { return isSecure }
    let standard = request.header("forwarded")
      .flatMap { ForwardedFields.parameters("proto", of: $0).last ?? nil }?.lowercased()
    let usual = request.header("x-forwarded-proto")
      .flatMap { FieldList.elements($0).last }?.lowercased()
    if let standard, let usual, standard != usual { throw .conflictingScheme }
    return switch standard ?? usual {
    case "https": true
    case "http": false
    default: isSecure
    }
  }
}
