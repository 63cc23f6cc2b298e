// SPDX-License-Identifier: Apache-2.0

/// A connection that publishes, as its stream sees it.
package final class Publisher: Sendable {
  /// How its media arrives.
  let transport: PublishEvent.Transport
  /// The client in words for the log, such as `from 192.0.2.0 by RTMP`; empty if unknown.
  let words: String
  /// The name by which another connection continues the publisher; nil if none can.
  let identity: String?
  /// The permission of a publisher with an identity, which its next connection keeps.
  let permit: PublishPermit?
  private let close: @Sendable (@escaping @Sendable () -> Void) -> Void
  private let refuse: @Sendable (String) -> Void

  /// - Parameters:
  ///   - transport: how its media arrives.
  ///   - words: the client in words for the log; empty if unknown.
  ///   - identity: the name by which another connection continues the publisher; nil if none can.
  ///   - permit: the permission of a publisher with an identity.
  ///   - refuse: closes the connection on its loop, and tells the client and the log why its media
  ///     cannot be used.
  ///   - close: closes the connection on its loop, and then calls its argument.
  package init(
    _ transport: PublishEvent.Transport = .http, words: String = "", identity: String? = nil,
    permit: PublishPermit? = nil, refuse: @escaping @Sendable (String) -> Void = { _ in },
    close: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void
  ) {
    self.transport = transport
    self.words = words
    self.identity = identity
    self.permit = permit
    self.refuse = refuse
    self.close = close
  }

  /// Closes the connection, and then calls `body`, on any thread.
  package func close(then body: @escaping @Sendable () -> Void = {}) { close(body) }

  /// Closes the connection of a client whose media cannot be used, with the reason.
  func refuseMedia(_ reason: String) { refuse(reason) }
}
