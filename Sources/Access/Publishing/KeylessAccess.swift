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

  /// Whether a client may publish to a stream without a key.
  package func admitsWithoutKey(_ peer: PeerAddress, at now: MonotonicTime) -> Bool {
    switch mode {
    case .loopback: localClients.hasRights(peer, at: now)
    case .key: false
    case .open: true
    }
  }
}
