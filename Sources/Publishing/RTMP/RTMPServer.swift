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
  /// The interval between two attempts to write to a source that does not read: doubled up to the
  /// longest.
  private static let retryInterval = (
    first: Interval.milliseconds(1), longest: Interval.milliseconds(16)
  )

  let loop: EventLoop
  let registry: PublisherRegistry
  let log: Log
  private var connections: [RTMPConnection] = []
  /// Streams whose publisher has ended while the source did not read.
  private var unflushed: [PublishedStream] = []
  private var nextCheck = MonotonicTime.distantFuture
  private var nextRetry = MonotonicTime.distantFuture
  private var retryInterval = RTMPServer.retryInterval.first
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

  /// A connection waits for its source.
  func connectionWaits() {
    guard nextRetry == .distantFuture else { return }
    nextRetry = loop.now + retryInterval
  }

  /// Tells the source of the end of a publisher when it reads again.
  func flushLater(_ stream: PublishedStream) {
    if !unflushed.contains(where: { $0 === stream }) { unflushed.append(stream) }
    connectionWaits()
  }

  func woken() {}

  var nextDeadline: MonotonicTime { min(nextCheck, nextRetry) }

  func expire(_ now: MonotonicTime) {
    if nextRetry <= now { retry(now) }
    guard nextCheck <= now else { return }
    for connection in connections { connection.check(now) }
    nextCheck = connections.isEmpty ? .distantFuture : now + Self.checkInterval
  }

  private func retry(_ now: MonotonicTime) {
    nextRetry = .distantFuture
    let waiting = connections.filter(\.isWaiting)
    for connection in waiting { connection.retry() }
    unflushed.removeAll { $0.flush() }
    let remaining = waiting.count(where: \.isWaiting) + unflushed.count
    guard remaining > 0 else {
      retryInterval = Self.retryInterval.first
      nextRetry = .distantFuture
      return
    }
    // bounded: intervals saturate
    retryInterval = min(retryInterval * 2, Self.retryInterval.longest)
    nextRetry = now + retryInterval
  }
}
