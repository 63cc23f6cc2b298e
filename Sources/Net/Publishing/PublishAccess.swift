// SPDX-License-Identifier: Apache-2.0

/// Which clients may publish.
package struct PublishAccess: Sendable {
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

  /// Access by `mode`.
  package init(_ mode: Mode) { self.mode = mode }

  /// Whether a client may publish to a stream without a key.
  package func admitsWithoutKey(_ peer: PeerAddress) -> Bool {
    switch mode {
    case .loopback: peer.isLoopback
    case .key: false
    case .open: true
    }
  }
}
