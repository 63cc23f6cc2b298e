// SPDX-License-Identifier: Apache-2.0

import Net
import Time

/// A connection of a trusted proxy before its first byte, which may begin a PROXY header.
final class ProxiedConnection: ServedConnection {
  private let server: HTTPServer
  private let since: MonotonicTime
  private var reader: ProxyHeaderReader?
  var index = -1
  let peer: PeerAddress

  /// Takes ownership of the socket.
  init(_ socket: AcceptedSocket, _ server: HTTPServer) {
    self.server = server
    since = server.loop.now
    peer = socket.peer
    // On an error the descriptor is closed, and the connection has no work.
    reader = try? ProxyHeaderReader(socket, on: server.loop) { [unowned self, server] outcome in
      reader = nil
      server.remove(self)
      if case .ready(let socket) = outcome { server.open(socket) }
    }
  }

  /// Whether the socket is watched.
  var isOpen: Bool { reader != nil }

  func check(_ now: MonotonicTime) {
    if now - since >= server.limits.idleTime { reader?.close() }
  }

  func drain() { reader?.close() }
}
