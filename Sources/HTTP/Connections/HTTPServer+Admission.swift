// SPDX-License-Identifier: Apache-2.0

package import Net

/// Which connections are served, and as what.
extension HTTPServer: SocketReceiver {
  /// Connections above the limit that get an error response at the same time; further ones are
  /// closed without a response.
  private static let refusedCapacity = 64
  /// The maximum size of one read: the largest head, since bytes that are not parsed are kept.
  private static let readLimit = 16 * 1024

  package func receive(_ socket: AcceptedSocket) {
    guard proxies.contains(socket.peer) else { return open(socket) }
    let connection = ProxiedConnection(socket, self)
    guard connection.isOpen else { return }
    add(connection)
  }

  /// Serves the connection of a client whose address is known.
  func open(_ socket: AcceptedSocket) {
    // On an error the descriptor is closed.
    if let tls = socket.tls {
      let secure = try? TLSStream(
        socket, tls, on: loop, readLimit: Self.readLimit, minimumProgress: limits.minimumSentBytes)
      if let secure { serve(secure, secure) }
    } else {
      let plain = try? TCPStream(
        socket, on: loop, readLimit: Self.readLimit, minimumProgress: limits.minimumSentBytes)
      if let plain { serve(plain) }
    }
  }

  /// Serves a connection; above the limits it is refused, far above them closed without a response.
  ///
  /// - Parameters:
  ///   - stream: the connection.
  ///   - secure: the same stream if it is TLS.
  package func serve(_ stream: any ByteStream, _ secure: TLSStream? = nil) {
    let isExempt = isExempt(stream.peer)
    let ownCount = isExempt ? 0 : addresses.add(stream.peer)
    guard connectionCount < limits.connections + Self.refusedCapacity,
      ownCount <= limits.connectionsPerAddress + Self.refusedCapacity
    else {
      observer?.faulted(
        ownCount > limits.connectionsPerAddress ? .addressConnections : .connections)
      if !isExempt { addresses.remove(stream.peer) }
      return stream.close()
    }
    let refusal = refusal(ownCount: ownCount)
    if let refusal, secure == nil {
      // The version is unknown; an HTTP/1.1 response is a refusal for clients of both versions.
      let connection = HTTP1Connection(stream, self)
      add(connection)
      connection.refuse(refusal)
    } else {
      add(NegotiatingConnection(stream, secure: secure, self, refusal: refusal))
    }
  }

  /// Why a connection that arrives now is refused; nil if it is not.
  private func refusal(ownCount: Int) -> Refusal? {
    if connectionCount >= limits.connections {
      return Refusal(
        status: 503, line: "too many connections (at most \(limits.connections))",
        fault: .connections)
    }
    guard ownCount > limits.connectionsPerAddress else { return nil }
    return Refusal(
      status: 429,
      line: "too many connections of one address (at most \(limits.connectionsPerAddress))",
      fault: .addressConnections)
  }
}
