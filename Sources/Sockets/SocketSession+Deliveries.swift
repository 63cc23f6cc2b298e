// SPDX-License-Identifier: Apache-2.0

import HTTP
import Time

/// The statistics of the media that a client gets, if the stream saves them.
extension SocketSession {
  func measured() -> SocketDeliveries.Connection {
    SocketDeliveries.Connection(
      state: connection?.transmission, queuedBytes: connection?.queuedBytes ?? 0)
  }

  /// A frame was given to the connection.
  func wrote(_ position: MediaMessage.Position?, _ count: Int, due: MonotonicTime) {
    presence.sent(count)
    guard let position, let rows = sockets.rows else { return }
    let stream = sockets.stream
    if deliveries == nil {
      deliveries = SocketDeliveries(rows, stream: stream.name, viewer: presence.viewer)
    }
    deliveries?.wrote(
      position, count, due: due, now: sockets.now, stream.media?.names, presence.figures,
      measured)
  }

  /// Chunks were not sent, because the client was too slow.
  func leftOut(_ positions: @autoclosure () -> [MediaMessage.Position]) {
    guard deliveries != nil else { return }
    for position in positions() { deliveries?.dropped(position) }
  }

  /// The client gets nothing more.
  func saveDeliveries() { deliveries?.close(presence.figures, sockets.now) }
}
