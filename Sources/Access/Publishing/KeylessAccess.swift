// SPDX-License-Identifier: Apache-2.0

package import Net
package import Time

/// Which clients may publish to a stream without a key.
package struct KeylessAccess: Sendable {
  /// `--publish`.
  package enum Mode: String, Sendable, CaseIterable {
    /// Clients on this machine, unless the stream has a key.
    case loopback
    /// Clients with the key of the stream.
    case key
    /// All clients, unless the stream has a key.
    case open
  }

  /// The mode.
  package let mode: Mode
  private let localClients: LocalClients

  /// Access by `mode`; `localClients` finds the clients on this machine.
  package init(_ mode: Mode, _ localClients: LocalClients = LocalClients()) {
    self.mode = mode
    self.localClients = localClients
  }

  /// Searches on a thread of its own for the process of a client, before it is admitted.
  ///
  /// - Returns: false if nothing is to be searched for; `then` is not called.
  package func search(
    for peer: PeerAddress, at now: MonotonicTime, then: @escaping @Sendable () -> Void
  ) -> Bool {
    mode == .loopback && localClients.search(for: peer, at: now, then: then)
  }

  /// Searches for the process of a client on the present thread, which must not be a loop.
  package func search(for peer: PeerAddress, at now: MonotonicTime) {
    if mode == .loopback { localClients.search(for: peer, at: now) }
  }

  /// Whether a client may publish to a stream without a key.
  package func admitsWithoutKey(_ peer: PeerAddress, at now: MonotonicTime) -> Bool {
    switch mode {
    case .loopback: localClients.hasRights(peer, at: now)
    case .key: false
    case .open: true
    }
  }
}
