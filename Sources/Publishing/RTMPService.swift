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
  private final class LoopContext: @unchecked Sendable {
    let server: RTMPServer
    init(_ server: RTMPServer) { self.server = server }
  }

  private let registry: PublisherRegistry
  private let log: Log
  private let contexts = Locked<[ObjectIdentifier: LoopContext]>([:])
  /// The number of servers with publishers that were asked to connect again.
  private let leaving = Monitor(0)

  /// A service without connections.
  package init(_ registry: PublisherRegistry, log: Log) {
    self.registry = registry
    self.log = log
  }

  /// Serves a connection, on the thread of its loop.
  @Sendable package func deliver(_ loop: EventLoop, _ socket: AcceptedSocket) {
    let known = contexts.withLock { $0[ObjectIdentifier(loop)] }
    let context = known ?? LoopContext(RTMPServer(loop, registry, log))
    if known == nil { contexts.withLock { $0[ObjectIdentifier(loop)] = context } }
    context.server.receive(socket)
  }

  /// Accepts no further connection, and asks publishers to connect again.
  ///
  /// Blocks until those that understand it have disconnected, or the deadline.
  package func askToReconnect(until deadline: MonotonicTime) {
    let known = contexts.withLock { Array($0.values) }
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
    for context in contexts.withLock({ Array($0.values) }) {
      context.server.loop.post { context.server.close() }
    }
  }
}
