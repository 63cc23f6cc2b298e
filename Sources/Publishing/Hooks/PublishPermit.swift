// SPDX-License-Identifier: Apache-2.0

import Net
import Sharing

/// The permission of one client to publish one stream; its end is the end of the client's
/// publishing, which the hook is told.
package final class PublishPermit: Sendable {
  private let event: PublishEvent
  private let hooks: PublishHooks
  private let isDiscarded = Locked(false)

  init(_ event: PublishEvent, _ hooks: PublishHooks) {
    self.event = event
    self.hooks = hooks
  }

  deinit { if !isDiscarded.withLock({ $0 }) { hooks.tellEnd(of: event) } }

  /// Whether it was given to a client with this address.
  func isOf(_ peer: PeerAddress) -> Bool { event.peer.owner == peer.owner }

  /// Makes the end of this permission silent: the client has another one.
  package func discard() { isDiscarded.withLock { $0 = true } }
}
