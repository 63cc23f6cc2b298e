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

  /// Whether statements of a peer are believed.
  package func contains(_ peer: PeerAddress) -> Bool {
    addresses.contains { $0.contains(peer) }
  }

  /// Whether a peer has checked the access of its clients.
  func hasChecked(_ peer: PeerAddress) -> Bool { checking.contains { $0.contains(peer) } }

  /// The client of a request.
  ///
  /// Each proxy appends the address from which it got the request, so the newest address is the
  /// last one. Addresses are believed from the end of the list on, up to and including the first
  /// one that is not a trusted proxy: a client can invent those before it.
  ///
  /// - Parameters:
  ///   - request: the request.
  ///   - peer: the other end of the connection.
  /// - Returns: `peer`, if it is not trusted or states no address.
  /// - Throws: an error if `Forwarded` and `X-Forwarded-For` name different clients: one of them
  ///   was written by the client.
  func client(
    of request: Request, from peer: PeerAddress
  ) throws(RequestParseError) -> PeerAddress {
    guard contains(peer) else { return peer }
    let standard = request.header("forwarded").map { first(ForwardedFields.forwarded($0), peer) }
    let usual = request.header("x-forwarded-for")
      .map { first(ForwardedFields.xForwardedFor($0), peer) }
    if let standard, let usual, standard.owner != usual.owner { throw .conflictingForwarded }
    return standard ?? usual ?? peer
  }

  /// The newest address that is not a trusted proxy, or the oldest believed one.
  private func first(_ stated: [PeerAddress?], _ peer: PeerAddress) -> PeerAddress {
    var client = peer
    for address in stated.reversed() {
      guard let address else { break }
      client = address
      guard contains(address) else { break }
    }
    return client
  }
}
