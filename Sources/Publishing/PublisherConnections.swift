// SPDX-License-Identifier: Apache-2.0

import Net

/// The connections of publishers by address: pure.
///
/// If there is room for no more, a connection that publishes nothing is replaced by a new one: the
/// oldest of the address that has the most of them. An address with few connections keeps its own.
struct PublisherConnections: Sendable {
  /// Whether a connection is accepted.
  enum Admission: Equatable {
    case refused
    case accepted
    /// Accepted in place of another one, which must be closed.
    case replaces(UInt64)
  }

  /// The maximum number of connections.
  private let limit: Int
  /// The maximum number of connections of one address other than loopback.
  private let addressLimit: Int
  private var counts: [PeerAddress: Int] = [:]
  private(set) var count = 0
  /// The address of each connection with a number, and whether it publishes.
  private var numbered: [UInt64: (owner: PeerAddress, publishes: Bool)] = [:]

  init(limit: Int, addressLimit: Int) {
    self.limit = limit
    self.addressLimit = addressLimit
  }

  /// Counts a connection.
  ///
  /// - Parameters:
  ///   - peer: the address of the client.
  ///   - number: a number that rises with each connection; nil for one that is never replaced.
  /// - Returns: whether it is accepted.
  mutating func connect(_ peer: PeerAddress, number: UInt64?) -> Admission {
    guard peer.isLoopback || counts[peer.owner, default: 0] < addressLimit else { return .refused }
    var admission = Admission.accepted
    if count >= limit {
      guard let number, let replaced = oldestIdle() else { return .refused }
      admission = .replaces(replaced)
      precondition(replaced != number)
      disconnect(replaced)
    }
    counts[peer.owner, default: 0] += 1
    count += 1
    if let number { numbered[number] = (peer.owner, false) }
    return admission
  }

  /// A connection begins or ends to publish.
  mutating func set(_ number: UInt64, publishes: Bool) {
    numbered[number]?.publishes = publishes
  }

  /// Notes the end of a connection with a number; without effect if it was replaced.
  mutating func disconnect(_ number: UInt64) {
    guard let connection = numbered.removeValue(forKey: number) else { return }
    remove(connection.owner)
  }

  /// Notes the end of a connection without a number.
  mutating func disconnect(_ peer: PeerAddress) { remove(peer.owner) }

  private mutating func remove(_ owner: PeerAddress) {
    guard let own = counts[owner] else { return }
    counts[owner] = own > 1 ? own - 1 : nil
    count -= 1
  }

  /// The oldest connection without media of the address that has the most of them.
  private func oldestIdle() -> UInt64? {
    let idle = Dictionary(
      grouping: numbered.filter { !$0.value.publishes }, by: \.value.owner
    ).mapValues { $0.map(\.key) }
    let longest = idle.values.map(\.count).max()
    return idle.values.filter { $0.count == longest }.compactMap { $0.min() }.min()
  }
}
