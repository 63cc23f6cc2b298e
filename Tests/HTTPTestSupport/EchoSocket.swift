// SPDX-License-Identifier: Apache-2.0

import HTTP
import Sharing

/// A WebSocket that echoes text and refuses binary messages; text `close` closes it.
///
/// Confined to the loop's thread.
final class EchoSocket: WebSocketHandler {
  private let seen: Monitor<TestRoutes.Seen>
  private var connection: WebSocketConnection?

  init(_ seen: Monitor<TestRoutes.Seen>) { self.seen = seen }

  /// Upgrades a request that offers the protocol `echo`.
  static func open(
    _ exchange: any Exchange, _ seen: Monitor<TestRoutes.Seen>
  ) -> WebSocketConnection? {
    switch WebSocketHandshake.check(exchange.request, protocols: ["echo"]) {
    case .refused(let status, let reason, let fields):
      exchange.respond(.text(status, reason, fields: fields))
      return nil
    case .accepted(let fields):
      let socket = EchoSocket(seen)
      var limits = WebSocketLimits()
      // Its messages are larger than those of viewers.
      limits.messageBytes = 16 * 1024
      socket.connection = exchange.upgrade(fields, limits, to: socket)
      if socket.connection == nil { exchange.respond(.text(400, "no upgrade")) }
      return socket.connection
    }
  }

  func received(_ text: String) {
    if text == "close" { connection?.close(.normal, "asked") }
    connection?.send(WebSocketFrame.text(text))
  }

  func received(_ bytes: [UInt8]) { connection?.close(.unsupported) }

  func drained() {}

  func closed() {
    connection = nil
    seen.update { $0.closedSockets += 1 }
  }
}
