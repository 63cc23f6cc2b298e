// SPDX-License-Identifier: Apache-2.0

/// Which clients may read statistics: `/stats` and `/stats.json`, or `/metrics`.
package enum ReadAccess: String, Sendable, CaseIterable {
  /// Clients with the admin token.
  case token
  /// All clients.
  case open
  /// Clients on this machine, and clients with the admin token.
  case loopback
}
