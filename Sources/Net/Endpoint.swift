// SPDX-License-Identifier: Apache-2.0

/// Where connections are taken, and what they speak.
package struct Endpoint: Sendable {
  /// The listening socket.
  package let socket: ListeningSocket
  /// What the connections speak TLS with; nil where they are plain.
  package let tls: TLSContext?

  /// An endpoint on `socket`.
  package init(_ socket: ListeningSocket, tls: TLSContext? = nil) {
    self.socket = socket
    self.tls = tls
  }
}
