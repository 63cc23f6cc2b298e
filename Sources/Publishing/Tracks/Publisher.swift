// SPDX-License-Identifier: Apache-2.0

/// A connection that publishes, as its stream sees it.
package final class Publisher: Sendable {
  /// How its media arrives.
  let transport: PublishEvent.Transport
  /// The name by which another connection continues the publisher; nil if none can.
  let identity: String?
  /// The permission of a publisher with an identity, which its next connection keeps.
  let permit: PublishPermit?
  private let close: @Sendable (@escaping @Sendable () -> Void) -> Void

  /// - Parameters:
  ///   - transport: how its media arrives.
  ///   - identity: the name by which another connection continues the publisher; nil if none can.
  ///   - permit: the permission of a publisher with an identity.
  ///   - close: closes the connection on its loop, and then calls its argument.
  package init(
    _ transport: PublishEvent.Transport = .http, identity: String? = nil,
    permit: PublishPermit? = nil,
    close: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void
  ) {
    self.transport = transport
    self.identity = identity
    self.permit = permit
    self.close = close
  }

  /// Closes the connection, and then calls `body`, on any thread.
  package func close(then body: @escaping @Sendable () -> Void = {}) { close(body) }
}
