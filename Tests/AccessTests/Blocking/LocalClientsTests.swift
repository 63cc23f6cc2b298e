// SPDX-License-Identifier: Apache-2.0

import CLinux
import Sharing
import TestSupport
import Testing
import Time

@testable import Access
@testable import Net

private let local = PeerAddress(high: 0, low: 0x7f00_0001, port: 4000, isVersion6: false)
private let remote = PeerAddress(high: 0, low: 0xc000_0201, port: 4000, isVersion6: false)

@Suite("Clients on this machine", .blocking)
struct LocalClientsTests {
  @Test("without processes of inputs the address decides; with them a client needs evidence")
  func evidence() {
    let (open, closed) = (LocalClients(), LocalClients { .distantPast })
    #expect(open.hasRights(local, at: .origin))
    for client in [remote, local.unstatedClient] {
      #expect(!open.hasRights(client, at: .origin) && !closed.hasRights(client, at: .origin))
    }
    // No connection, and one that does not exist.
    #expect(!closed.hasRights(local, at: .origin))
    #expect(!closed.hasRights(local.connected(to: local), at: .origin))
    #expect(!closed.hasRights(local.connected(to: local, isUDP: true), at: .origin))
  }

  @Test("a client that asked before the first process started needs no evidence")
  func start() {
    let clients = LocalClients { .origin + .seconds(1) }
    #expect(clients.hasRights(local, at: .origin))
    #expect(!clients.hasRights(local, at: .origin + .seconds(1)))
  }

  @Test("the end of this server is that of the connection only")
  func ownEnd() {
    let peer = local.connected(
      to: PeerAddress(high: 0, low: 0x7f00_0101, port: 80, isVersion6: false))
    #expect(peer.ownEnd?.low == 0x7f00_0101 && peer.ownEnd?.port == 80)
    for other in [peer.unstatedClient, peer.host, peer.owner, remote.connected(to: local)] {
      #expect(other.ownEnd == nil)
    }
    #expect(peer.owner == local.owner)
  }

  @Test("the kernel finds the socket of a client; this process is no evidence", arguments: [4, 6])
  func ownProcess(version: Int) throws {
    let host = version == 4 ? "127.0.0.1" : "::1"
    let listener = try ListeningSocket(host: host, port: 0)
    var lookup: Int32 = 0
    let deadline = (SystemClock.monotonicTime + .seconds(5)).nanoseconds
    let client = unsafe clinux_connect(host, listener.boundPort, 1, deadline, -1, &lookup)
    defer { close(client) }
    var address = clinux_address()
    let accepted = unsafe clinux_accept(listener.descriptor, 1, &address)
    defer { close(accepted) }
    try #require(client >= 0 && accepted >= 0)
    var (own, found) = (clinux_address(), clinux_socket())
    try #require(unsafe clinux_local_address(accepted, &own) == 0)
    #expect(unsafe clinux_find_socket(0, &address, &own, &found) == 0)
    #expect(found.user == geteuid() && found.inode != 0)
    let processes = OpenDescriptors(inodes: [found.inode])
    #expect(processes.sockets(of: getpid()).isEmpty && processes.holders().isEmpty)
    let peer = PeerAddress(address).connected(to: PeerAddress(own))
    let clients = LocalClients { .distantPast }
    clients.search(for: peer, at: .origin)
    #expect(!clients.hasRights(peer, at: .origin))
    #expect(LocalClients().hasRights(peer, at: .origin))
  }

  /// The clients of a server that has started a process, and the searches for them.
  private func clients(_ searches: Monitor<Int>) -> LocalClients {
    LocalClients(
      childrenSince: { .distantPast },
      sources: LocalClients.Sources(
        socket: { (geteuid(), UInt32($0.port)) },
        holders: { inodes, _, mayRead in
          guard mayRead() else { return [:] }
          searches.update { $0 += 1 }
          // Only clients with even ports are those of another program.
          return Dictionary(
            uniqueKeysWithValues: inodes.filter { $0.isMultiple(of: 2) }.map { ($0, 1) })
        }))
  }

  private func client(_ port: Int) -> PeerAddress {
    PeerAddress(high: 0, low: 0x7f00_0001, port: UInt16(port), isVersion6: false)
  }

  @Test("clients that ask within a moment are all searched for, after a wait")
  func many() {
    let (searches, answered) = (Monitor(0), Monitor(0))
    let clients = clients(searches)
    let now = SystemClock.monotonicTime
    // One after the other, above the searches that are permitted at once.
    for port in 1000..<1030 {
      #expect(clients.search(for: client(port), at: now) { answered.update { $0 += 1 } })
      #expect(answered.wait(until: .hangLimit) { $0 > port - 1000 ? true : nil } == true)
    }
    for port in 1000..<1030 {
      #expect(clients.hasRights(client(port), at: now) == port.isMultiple(of: 2), "\(port)")
    }
    #expect(searches.read(\.self) == 30)
    // At the same time.
    for port in 2000..<2500 {
      #expect(clients.search(for: client(port), at: now) { answered.update { $0 += 1 } })
    }
    #expect(answered.wait(until: .hangLimit) { $0 == 530 ? true : nil } == true)
    for port in 2000..<2500 {
      #expect(clients.hasRights(client(port), at: now) == port.isMultiple(of: 2), "\(port)")
    }
    #expect(!clients.hasRights(remote, at: now) && !clients.search(for: remote, at: now) {})
  }
}
