// SPDX-License-Identifier: Apache-2.0

package import Net
import Sharing

/// The connections of publishers, and the faults that ended them.
package final class CountedConnections: Sendable {
  private struct State: Sendable {
    var connections = PublisherConnections(limit: most, addressLimit: maximumPerAddress)
    /// The number of the newest connection that may be replaced.
    var last: UInt64 = 0
    /// Close the connections that may be replaced, by their numbers.
    var closers: [UInt64: @Sendable () -> Void] = [:]
    var faults: [PublisherFault: UInt64] = [:]
  }

  /// Connections of all addresses.
  static let most = 512
  /// Connections of one address other than loopback.
  static let maximumPerAddress = 32

  private let state = Locked(State())

  /// Counts a connection; false if there are too many.
  func add(_ peer: PeerAddress) -> Bool {
    state.withLock { $0.connections.connect(peer, number: nil) } == .accepted
  }

  /// Counts a connection that may be replaced by a new one while it publishes nothing.
  ///
  /// - Parameters:
  ///   - peer: the address of the client.
  ///   - close: closes the connection, on any thread.
  /// - Returns: its number; nil if there are too many connections.
  package func add(_ peer: PeerAddress, close: @escaping @Sendable () -> Void) -> UInt64? {
    let (number, replaced) = state.withLock { state -> (UInt64?, (@Sendable () -> Void)?) in
      // bounded: a number of connections
      let number = state.last + 1
      var replaced: (@Sendable () -> Void)?
      switch state.connections.connect(peer, number: number) {
      case .refused:
        state.faults[.connections, default: 0] += 1
        return (nil, nil)
      case .accepted: break
      case .replaces(let other):
        state.faults[.replaced, default: 0] += 1
        replaced = state.closers.removeValue(forKey: other)
      }
      state.last = number
      state.closers[number] = close
      return (number, replaced)
    }
    replaced?()
    return number
  }

  /// A connection begins or ends to publish.
  package func note(_ number: UInt64, publishes: Bool) {
    state.withLock { $0.connections.set(number, publishes: publishes) }
  }

  /// Notes the end of a connection with a number.
  package func remove(_ number: UInt64) {
    state.withLock { state in
      state.connections.disconnect(number)
      state.closers[number] = nil
    }
  }

  /// Notes the end of a counted connection without a number.
  func remove(_ peer: PeerAddress) { state.withLock { $0.connections.disconnect(peer) } }

  /// Counts a fault of a client.
  package func count(_ fault: PublisherFault) {
    state.withLock { $0.faults[fault, default: 0] += 1 }
  }

  /// The faults of clients by reason.
  package var faults: [PublisherFault: UInt64] { state.withLock { $0.faults } }
}
