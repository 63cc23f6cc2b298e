// SPDX-License-Identifier: Apache-2.0

package import Logging
package import Net
import Sharing
package import Time

/// The RTMP servers of all loops.
package final class RTMPService: Sendable {
  /// The server of one loop.
  ///
  /// Confined to the loop's thread; other threads only pass the reference on.
  private final class RTMPLoop: @unchecked Sendable {
    let server: RTMPServer
    init(_ server: RTMPServer) { self.server = server }
  }

  private struct State {
    var contexts: [ObjectIdentifier: RTMPLoop] = [:]
    /// Whether new connections are refused, on every loop.
    var isClosed = false
  }

  private let registry: PublisherRegistry
  private let log: Log
  private let state = Locked(State())
  /// The number of servers with publishers that were asked to connect again.
  private let leaving = Monitor(0)

  /// A service without connections.
  package init(_ registry: PublisherRegistry, log: Log) {
    self.registry = registry
    self.log = log
  }

  /// Serves a connection, on the thread of its loop.
  @Sendable package func deliver(_ loop: EventLoop, _ socket: AcceptedSocket) {
    let known = state.withLock { $0.contexts[ObjectIdentifier(loop)] }
    let context = known ?? RTMPLoop(RTMPServer(loop, registry, log))
    let isClosed = state.withLock { state in
      state.contexts[ObjectIdentifier(loop)] = context
      return state.isClosed
    }
    if isClosed { context.server.refuseConnections() }
    context.server.receive(socket)
  }

  /// Closes connections that do not publish, and all further ones, and asks publishers to connect
  /// again.
  ///
  /// Blocks until those that understand it have disconnected, or the deadline.
  package func askToReconnect(until deadline: MonotonicTime) {
    let known = refuseConnections()
    leaving.update { $0 += known.count }
    for context in known {
      context.server.loop.post { [leaving] in
        context.server.askToReconnect { leaving.update { $0 -= 1 } }
      }
    }
    _ = leaving.wait(until: deadline) { $0 == 0 ? true : nil }
  }

  /// Closes all connections.
  package func close() {
    for context in refuseConnections() {
      context.server.loop.post { context.server.close() }
    }
  }

  /// Further connections are closed.
  ///
  /// - Returns: the servers of the earlier ones.
  private func refuseConnections() -> [RTMPLoop] {
    state.withLock { state in
      state.isClosed = true
      return Array(state.contexts.values)
    }
  }
}
