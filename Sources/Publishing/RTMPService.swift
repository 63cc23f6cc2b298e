// SPDX-License-Identifier: Apache-2.0

package import Logging
package import Net
import Sharing

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

  /// Closes all connections.
  package func close() {
    for context in contexts.withLock({ Array($0.values) }) {
      context.server.loop.post { context.server.close() }
    }
  }
}
