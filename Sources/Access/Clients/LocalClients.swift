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
/// ``search(for:at:then:)``, and only reads the answer. One search answers all clients that wait
/// when it begins, so that many programs may connect at the same moment.
package final class LocalClients: Sendable {
  /// The user and the inode of a socket.
  package typealias Socket = (user: UInt32, inode: UInt32)

  /// The sources of evidence; other ones in tests.
  package struct Sources: Sendable {
    /// The socket of a peer on this machine; nil if the kernel finds none.
    ///
    /// Takes microseconds.
    package var socket: @Sendable (PeerAddress) -> Socket?
    /// For each of the sockets a process of another program that has it, first among known ones;
    /// all processes are read after `mayRead`, and only if it permits that.
    package var holders:
      @Sendable (_ inodes: Set<UInt32>, _ known: [Int32], _ mayRead: () -> Bool) -> [UInt32: Int32]

    /// The kernel, and its folder of processes.
    package static let system = Sources(
      socket: { $0.socket },
      holders: { inodes, known, mayRead in
        let found = OpenDescriptors(inodes: inodes).holders(among: known)
        let others = inodes.subtracting(found.keys)
        guard !others.isEmpty, mayRead() else { return found }
        let deadline = SystemClock.monotonicTime + timeLimit
        return OpenDescriptors(inodes: others).holders(until: deadline)
          .merging(found) { one, _ in one }
      })
  }

  /// The result of a search for the process that has a socket.
  private struct Answer {
    let isFound: Bool
    let since: MonotonicTime
  }

  /// A client whose process the next search looks for.
  private struct Waiting {
    let number: UInt64
    let inode: UInt32
    let then: @Sendable () -> Void
  }

  private struct State {
    /// The processes that had sockets of clients, the newest first.
    var known: [Int32] = []
    /// Searches through all processes are bounded: a client that is not found could ask for any
    /// number.
    var searches = RateAllowance(burst: mostSearches, rate: searchRate, now: .distantPast)
    /// The answers by the inode of the socket.
    var answers: [UInt32: Answer] = [:]
    var waiting: [Waiting] = []
    /// The number of the newest client that has waited.
    var last: UInt64 = 0

    func answer(_ inode: UInt32, at now: MonotonicTime) -> Answer? {
      answers[inode].flatMap { now - $0.since < LocalClients.validity ? $0 : nil }
    }

    mutating func forgetOldAnswers(at now: MonotonicTime) {
      guard answers.count > LocalClients.answerCapacity else { return }
      answers = answers.filter { now - $0.value.since < LocalClients.validity }
      guard answers.count > LocalClients.answerCapacity else { return }
      let newest = answers.sorted { $0.value.since > $1.value.since }
      answers = Dictionary(
        newest.prefix(LocalClients.answerCapacity).map { ($0.key, $0.value) },
        uniquingKeysWith: { first, _ in first })
    }
  }

  /// The largest number of known processes.
  private static let capacity = 8
  /// The largest number of clients that wait for the next search; further ones have no rights.
  ///
  /// Each has a connection of its own, so it is more than publishers may have.
  static let maximumWaiting = 1024
  /// The largest number of answers that are kept: those for all clients that wait and are decided
  /// about.
  private static let answerCapacity = 2 * maximumWaiting  // bounded: constants
  /// The searches through all processes at once, and per second in the long run.
  private static let (mostSearches, searchRate): (Int64, Int64) = (20, 20)
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
  /// - Returns: false if ``hasRights(_:at:)`` can decide now, or too many clients wait.
  package func search(
    for peer: PeerAddress, at now: MonotonicTime, then: @escaping @Sendable () -> Void
  ) -> Bool {
    guard let inode = unknownInode(of: peer, at: now) else { return false }
    let number = state.withLock { state -> UInt64? in
      guard state.waiting.count < Self.maximumWaiting else { return nil }
      state.last &+= 1  // bounded: the numbers wrap around
      state.waiting.append(Waiting(number: state.last, inode: inode, then: then))
      return state.last
    }
    guard let number else { return false }
    if thread.run({ [self] in searchForWaiting() }) { return true }
    return state.withLock { state in
      // A search that runs may have taken the client.
      guard let index = state.waiting.firstIndex(where: { $0.number == number }) else {
        return true
      }
      state.waiting.remove(at: index)
      return false
    }
  }

  /// Searches for the process of a client on the present thread, which must not be a loop.
  ///
  /// Does not wait for its turn: with too many searches the client has no rights.
  package func search(for peer: PeerAddress, at now: MonotonicTime) {
    guard let inode = unknownInode(of: peer, at: now) else { return }
    search(for: [inode]) { [self] in takeTurn() }
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

  /// Searches for the processes of all clients that wait.
  private func searchForWaiting() {
    let clients = state.withLock { state in
      defer { state.waiting = [] }
      return state.waiting
    }
    guard !clients.isEmpty else { return }
    search(for: Set(clients.map(\.inode))) { [self] in
      while !takeTurn() {
        SystemClock.sleep(until: SystemClock.monotonicTime + .seconds(1) / Self.searchRate)
      }
      return true
    }
    for client in clients { client.then() }
  }

  /// Whether all processes may be read now.
  private func takeTurn() -> Bool {
    state.withLock { $0.searches.take(now: SystemClock.monotonicTime) }
  }

  /// Searches for the processes that have sockets, and keeps the answers.
  private func search(for inodes: Set<UInt32>, _ mayRead: () -> Bool) {
    let now = SystemClock.monotonicTime
    let (unknown, known) = state.withLock { state in
      (inodes.filter { state.answer($0, at: now) == nil }, state.known)
    }
    guard !unknown.isEmpty else { return }
    var isLimited = false
    let holders = sources.holders(unknown, known) {
      isLimited = !mayRead()
      return !isLimited
    }
    state.withLock { state in
      let found = Set(holders.values)
      let former = state.known.filter { !found.contains($0) }
      state.known = Array((found + former).prefix(Self.capacity))
      let end = SystemClock.monotonicTime
      for inode in unknown {
        // A client that was not searched for may ask again.
        if isLimited, holders[inode] == nil { continue }
        state.answers[inode] = Answer(isFound: holders[inode] != nil, since: end)
      }
      state.forgetOldAnswers(at: end)
    }
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
