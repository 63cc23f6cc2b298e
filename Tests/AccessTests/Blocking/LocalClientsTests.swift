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
    let processes = OpenDescriptors(inode: found.inode)
    #expect(!processes.hold(getpid()) && processes.holder() == nil)
    let peer = PeerAddress(address).connected(to: PeerAddress(own))
    let clients = LocalClients { .distantPast }
    clients.search(for: peer, at: .origin)
    #expect(!clients.hasRights(peer, at: .origin))
    #expect(LocalClients().hasRights(peer, at: .origin))
  }
}
