// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
package import Net
import Sharing
package import Time

/// Decides which clients on this machine have the rights of its address: to publish without a key,
/// and to read the routes that `loopback` permits.
///
/// A process of an input may open connections, also to this server, and runs decoders on foreign
/// data: it has no such rights. When the server has started one, a client needs evidence. The
/// kernel states the user and the inode of the client's socket: a client of another user is none of
/// these processes, which cannot change their user. A client of the same user must be found among
/// the processes of the machine: the one that has the socket is neither the server, nor one of its
/// children, nor another process of this program. A socket that is closed, or in no process that
/// can be read, is no evidence.
package final class LocalClients: Sendable {
  /// The evidence about the socket of a client.
  package enum Evidence: Sendable, Equatable {
    /// The socket of another user.
    case otherUser
    /// A process of another program has the socket.
    case otherProcess
    /// A process of this program has the socket, or none that can be found.
    case none
  }

  private struct State {
    /// The processes that had sockets of clients, the newest first.
    var known: [Int32] = []
    /// Searches through all processes are bounded: a client that is not found could ask for any
    /// number.
    var searches = RateAllowance(burst: 20, rate: 20, now: .distantPast)
  }

  /// The largest number of known processes.
  private static let capacity = 8

  private let hasChildren: @Sendable () -> Bool
  private let state = Locked(State())

  /// - Parameter hasChildren: whether the server has started processes that must have no rights;
  ///   never false again after true.
  package init(hasChildren: @escaping @Sendable () -> Bool = { false }) {
    self.hasChildren = hasChildren
  }

  /// Whether a client has the rights of this machine.
  ///
  /// Takes some microseconds, or with evidence to be searched for some milliseconds.
  package func hasRights(_ peer: PeerAddress, at now: MonotonicTime) -> Bool {
    guard peer.isLoopback else { return false }
    // Without an own end it is no connection, as in tests.
    return !hasChildren() || evidence(about: peer, at: now) != .none
  }

  /// The evidence that a client is no process of this server.
  package func evidence(about peer: PeerAddress, at now: MonotonicTime) -> Evidence {
    guard let socket = peer.socket else { return .none }
    guard socket.user == geteuid() else { return .otherUser }
    guard socket.inode != 0 else { return .none }
    let processes = OpenDescriptors(inode: socket.inode)
    let known = state.withLock { $0.known }.first { processes.hold($0) }
    if known == nil, !state.withLock({ $0.searches.take(now: now) }) { return .none }
    guard let holder = known ?? processes.holder() else { return .none }
    state.withLock { state in
      state.known.removeAll { $0 == holder }
      state.known.insert(holder, at: 0)
      state.known = Array(state.known.prefix(Self.capacity))
    }
    return .otherProcess
  }
}

extension PeerAddress {
  /// The socket of a peer on this machine; nil if the kernel finds none.
  fileprivate var socket: clinux_socket? {
    guard let ownEnd else { return nil }
    var peer = clinux_address(high: high, low: low, port: port, is_v6: isVersion6 ? 1 : 0)
    var own = clinux_address(
      high: 0, low: isVersion6 ? 1 : UInt64(ownEnd.low), port: ownEnd.port,
      is_v6: isVersion6 ? 1 : 0)
    var found = clinux_socket()
    guard unsafe clinux_find_socket(ownEnd.isUDP ? 1 : 0, &peer, &own, &found) == 0 else {
      return nil
    }
    return found
  }
}
