// SPDX-License-Identifier: Apache-2.0

import Logging
import Net
import Time

/// The RTMP connections of one loop.
///
/// Confined to the loop's thread.
final class RTMPServer: SocketReceiver, LoopService {
  /// The maximum number of bytes of one read.
  private static let readLimit = EventLoop.readCapacity
  /// The interval between two checks of the times.
  private static let checkInterval = Interval.seconds(1)

  let loop: EventLoop
  let registry: PublisherRegistry
  let log: Log
  private var connections: [RTMPConnection] = []
  /// The publications whose source does not read.
  let waiting = PublicationQueue()
  private var nextCheck = MonotonicTime.distantFuture
  private var isClosed = false
  /// Called once when no connection is left that was asked to connect again.
  private var onLeft: (() -> Void)?

  init(_ loop: EventLoop, _ registry: PublisherRegistry, _ log: Log) {
    self.loop = loop
    self.registry = registry
    self.log = log
    loop.addService(self)
  }

  func receive(_ socket: AcceptedSocket) {
    let stream: any ByteStream
    // On an error the descriptor is closed.
    if let tls = socket.tls {
      guard let secure = try? TLSStream(socket, tls, on: loop, readLimit: Self.readLimit) else {
        return
      }
      stream = secure
    } else {
      guard let plain = try? TCPStream(socket, on: loop, readLimit: Self.readLimit) else { return }
      stream = plain
    }
    guard !isClosed else { return stream.close() }
    let connection = RTMPConnection(stream, self)
    let number = registry.connections.add(socket.peer) { [loop] in
      loop.post { connection.giveWay() }
    }
    guard let number else { return stream.close() }
    connection.number = number
    connections.append(connection)
    nextCheck = min(nextCheck, loop.now + Self.checkInterval)
  }

  func remove(_ connection: RTMPConnection) {
    guard let index = connections.firstIndex(where: { $0 === connection }) else { return }
    connections.remove(at: index)
    registry.connections.remove(connection.number)
    reportLeft()
  }

  /// Closes all further connections.
  func refuseConnections() { isClosed = true }

  /// Closes connections that do not publish and all further ones; asks publishers to reconnect.
  ///
  /// Calls `body` when all clients that support Reconnect Request have disconnected.
  func askToReconnect(then body: @escaping () -> Void) {
    refuseConnections()
    for connection in connections { connection.askToReconnect() }
    onLeft = body
    reportLeft()
  }

  private func reportLeft() {
    guard onLeft != nil, !connections.contains(where: \.isLeaving) else { return }
    onLeft.take()?()
  }

  /// Closes all connections, and all further ones.
  func close() {
    refuseConnections()
    for connection in connections { connection.close() }
  }

  // MARK: Times

  func woken() {}

  var nextDeadline: MonotonicTime { min(nextCheck, waiting.nextDeadline) }

  func expire(_ now: MonotonicTime) {
    waiting.expire(now)
    guard nextCheck <= now else { return }
    for connection in connections { connection.check(now) }
    nextCheck = connections.isEmpty ? .distantFuture : now + Self.checkInterval
  }
}
