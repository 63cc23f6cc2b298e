// SPDX-License-Identifier: Apache-2.0

import Net
import Sharing

/// The number of connections of each address, over all loops.
package final class AddressTable: Sendable {
  /// A counted request of a client behind a proxy; the count ends with the object.
  package final class Ticket: Sendable {
    private let table: AddressTable
    private let client: PeerAddress
    /// The number of counted connections and requests of the client, with this one.
    let count: Int

    fileprivate init(_ table: AddressTable, _ client: PeerAddress) {
      self.table = table
      self.client = client
      count = table.add(client)
    }

    deinit { table.remove(client) }
  }

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

  /// Counts an open request until the ticket is released.
  func ticket(_ client: PeerAddress) -> Ticket { Ticket(self, client) }

  /// Removes a connection.
  func remove(_ peer: PeerAddress) {
    counts.withLock { counts in
      guard let count = counts[peer.owner] else { return }
      counts[peer.owner] = count > 1 ? count - 1 : nil
    }
  }
}
