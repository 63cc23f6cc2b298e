// SPDX-License-Identifier: Apache-2.0

/// A listening socket and the protocol of its connections.
package struct Endpoint: Sendable {
  /// The listening socket.
  package let socket: ListeningSocket
  /// Certificate and key; nil for plain connections.
  package let tls: TLSContext?

  /// An endpoint on `socket`.
  package init(_ socket: ListeningSocket, tls: TLSContext? = nil) {
    self.socket = socket
    self.tls = tls
  }
}
