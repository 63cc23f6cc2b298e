// SPDX-License-Identifier: Apache-2.0

/// Which clients may read `/stats` and `/stats.json`, `/metrics`, or `/timestamps.json`.
package enum ReadAccess: String, Sendable, CaseIterable {
  /// Clients with the admin token.
  case token
  /// All clients.
  case open
  /// Clients on this machine, and clients with the admin token.
  case loopback
}
