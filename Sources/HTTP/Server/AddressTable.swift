// SPDX-License-Identifier: Apache-2.0

import Net
import Sharing

/// The number of connections of each address, over all loops.
package final class AddressTable: Sendable {
  private let counts = Locked<[PeerAddress: Int]>([:])

  /// An empty table.
  package init() {}

  /// Adds a connection.
  ///
  /// - Returns: the number of connections of its address.
  func add(_ peer: PeerAddress) -> Int {
    counts.withLock { counts in
      counts[peer.owner, default: 0] += 1
      return counts[peer.owner, default: 0]
    }
  }

  /// Removes a connection.
  func remove(_ peer: PeerAddress) {
    counts.withLock { counts in
      guard let count = counts[peer.owner] else { return }
      counts[peer.owner] = count > 1 ? count - 1 : nil
    }
  }
}
