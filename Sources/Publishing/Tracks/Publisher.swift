// SPDX-License-Identifier: Apache-2.0

/// A connection that publishes, as its stream sees it.
package final class Publisher: Sendable {
  /// How its media arrives.
  let transport: PublishEvent.Transport
  private let close: @Sendable (@escaping @Sendable () -> Void) -> Void

  /// - Parameters:
  ///   - transport: how its media arrives.
  ///   - close: closes the connection on its loop, and then calls its argument.
  package init(
    _ transport: PublishEvent.Transport = .http,
    close: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void
  ) {
    self.transport = transport
    self.close = close
  }

  /// Closes the connection, and then calls `body`, on any thread.
  package func close(then body: @escaping @Sendable () -> Void = {}) { close(body) }
}
