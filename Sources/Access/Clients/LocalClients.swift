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
///
/// The search reads the descriptors of all processes, which takes milliseconds, or a second on a
/// machine with thousands of processes. It has a thread of its own, since a loop that reads them
/// sends nothing to its viewers meanwhile: a decision about a client follows
/// ``search(for:at:then:)``, and only reads the answer.
package final class LocalClients: Sendable {
  /// The user and the inode of a socket.
  package typealias Socket = (user: UInt32, inode: UInt32)

  /// The sources of evidence; other ones in tests.
  package struct Sources: Sendable {
    /// The socket of a peer on this machine; nil if the kernel finds none.
    ///
    /// Takes microseconds.
    package var socket: @Sendable (PeerAddress) -> Socket?
    /// A process of another program that has the socket of this inode, first among known ones; the
    /// whole search only if `mayRead` permits it.
    package var holder:
      @Sendable (_ inode: UInt32, _ known: [Int32], _ mayRead: () -> Bool) -> Int32?

    /// The kernel, and its folder of processes.
    package static let system = Sources(
      socket: { $0.socket },
      holder: { inode, known, mayRead in
        let processes = OpenDescriptors(inode: inode)
        if let process = known.first(where: { processes.hold($0) }) { return process }
        return mayRead() ? processes.holder(until: SystemClock.monotonicTime + timeLimit) : nil
      })
  }

  /// The result of a search for the process that has the socket of an inode.
  private struct Answer {
    let inode: UInt32
    let isFound: Bool
    let since: MonotonicTime
  }

  private struct State {
    /// The processes that had sockets of clients, the newest first.
    var known: [Int32] = []
    /// Searches through all processes are bounded: a client that is not found could ask for any
    /// number.
    var searches = RateAllowance(burst: 20, rate: 20, now: .distantPast)
    /// The newest last.
    var answers: [Answer] = []
    /// The searches that wait or run on the thread.
    var waiting = 0

    func answer(_ inode: UInt32, at now: MonotonicTime) -> Answer? {
      answers.last { $0.inode == inode && now - $0.since < LocalClients.validity }
    }
  }

  /// The largest number of known processes.
  private static let capacity = 8
  /// The largest number of answers that are kept.
  private static let answerCapacity = 64
  /// The largest number of searches that wait or run; further clients have no rights.
  private static let maximumWaiting = 16
  /// The longest search; a client that was not found until then has no rights.
  private static let timeLimit = Interval.seconds(5)
  /// How long an answer is used.
  ///
  /// The inode belongs to the same connection as long as the kernel names it for the peer, and no
  /// other process can take the socket from its owner.
  private static let validity = Interval.seconds(5)

  private let childrenSince: @Sendable () -> MonotonicTime?
  private let sources: Sources
  private let state = Locked(State())
  private let thread = SerialThread(name: "local-clients")

  /// - Parameters:
  ///   - childrenSince: when the server started the first process that must have no rights; nil
  ///     for none. A client is none of them if it asked before.
  ///   - sources: the sources of evidence.
  package init(
    childrenSince: @escaping @Sendable () -> MonotonicTime? = { nil }, sources: Sources = .system
  ) {
    self.childrenSince = childrenSince
    self.sources = sources
  }

  /// Whether a client has the rights of this machine, as far as its search has ended.
  ///
  /// Takes some microseconds. A client whose process was not searched for has no rights.
  package func hasRights(_ peer: PeerAddress, at now: MonotonicTime) -> Bool {
    guard peer.isLoopback else { return false }
    // Without an own end it is no connection, as in tests.
    guard hasChildren(at: now) else { return true }
    guard let socket = sources.socket(peer) else { return false }
    guard socket.user == geteuid() else { return true }
    return state.withLock { $0.answer(socket.inode, at: now)?.isFound } ?? false
  }

  /// Searches on a thread of its own for the process of a client, if its rights depend on it.
  ///
  /// - Parameters:
  ///   - peer: the client.
  ///   - now: the present time.
  ///   - then: called on that thread after the search; not called if the result is false.
  /// - Returns: false if ``hasRights(_:at:)`` can decide now, or too many searches wait.
  package func search(
    for peer: PeerAddress, at now: MonotonicTime, then: @escaping @Sendable () -> Void
  ) -> Bool {
    guard let inode = unknownInode(of: peer, at: now) else { return false }
    let hasRoom = state.withLock { state in
      guard state.waiting < Self.maximumWaiting else { return false }
      state.waiting += 1
      return true
    }
    guard hasRoom else { return false }
    let isRunning = thread.run { [self] in
      _ = isFound(inode)
      state.withLock { $0.waiting -= 1 }
      then()
    }
    if !isRunning { state.withLock { $0.waiting -= 1 } }
    return isRunning
  }

  /// Searches for the process of a client on the present thread, which must not be a loop.
  package func search(for peer: PeerAddress, at now: MonotonicTime) {
    if let inode = unknownInode(of: peer, at: now) { _ = isFound(inode) }
  }

  /// Whether a client that asked at `now` may be one of the server's processes.
  ///
  /// The first one may start between a search and its decision, which have the same time.
  private func hasChildren(at now: MonotonicTime) -> Bool {
    childrenSince().map { $0 <= now } ?? false
  }

  /// The inode of the socket of a client whose process must be searched for; nil for others.
  private func unknownInode(of peer: PeerAddress, at now: MonotonicTime) -> UInt32? {
    guard peer.isLoopback, hasChildren(at: now), let socket = sources.socket(peer),
      socket.user == geteuid(), socket.inode != 0,
      state.withLock({ $0.answer(socket.inode, at: now) }) == nil
    else { return nil }
    return socket.inode
  }

  /// Whether a process of another program has the socket of this inode.
  private func isFound(_ inode: UInt32) -> Bool {
    let now = SystemClock.monotonicTime
    let (answer, known) = state.withLock { ($0.answer(inode, at: now), $0.known) }
    if let answer { return answer.isFound }
    var isLimited = false
    let holder = sources.holder(inode, known) {
      isLimited = !state.withLock { $0.searches.take(now: now) }
      return !isLimited
    }
    state.withLock { state in
      if let holder {
        state.known.removeAll { $0 == holder }
        state.known.insert(holder, at: 0)
        state.known = Array(state.known.prefix(Self.capacity))
      }
      // A client that was not searched for may ask again.
      guard !isLimited else { return }
      state.answers.append(
        Answer(inode: inode, isFound: holder != nil, since: SystemClock.monotonicTime))
      state.answers = state.answers.suffix(Self.answerCapacity)
    }
    return holder != nil
  }
}

extension PeerAddress {
  /// The socket of a peer on this machine; nil if the kernel finds none.
  fileprivate var socket: LocalClients.Socket? {
    guard let ownEnd else { return nil }
    var peer = clinux_address(high: high, low: low, port: port, is_v6: isVersion6 ? 1 : 0)
    var own = clinux_address(
      high: 0, low: isVersion6 ? 1 : UInt64(ownEnd.low), port: ownEnd.port,
      is_v6: isVersion6 ? 1 : 0)
    var found = clinux_socket()
    guard unsafe clinux_find_socket(ownEnd.isUDP ? 1 : 0, &peer, &own, &found) == 0 else {
      return nil
    }
    return (found.user, found.inode)
  }
}
