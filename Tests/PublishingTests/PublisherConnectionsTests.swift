// SPDX-License-Identifier: Apache-2.0

import Net
import Testing

@testable import Publishing

@Suite("Connections of publishers")
struct PublisherConnectionsTests {
  private static func peer(_ last: UInt64) -> PeerAddress {
    PeerAddress(high: 0, low: 0xc000_0200 + last, port: 1, isVersion6: false)
  }

  private static let loopback = PeerAddress(
    high: 0, low: 0x7f00_0001, port: 1, isVersion6: false)

  @Test("an address has at most its share, loopback has no share")
  func addressLimit() {
    var connections = PublisherConnections(limit: 9, addressLimit: 2)
    func connect(_ peer: PeerAddress, _ number: UInt64?) -> PublisherConnections.Admission {
      connections.connect(peer, number: number)
    }
    #expect(connect(Self.peer(1), 1) == .accepted)
    #expect(connect(Self.peer(1), 2) == .accepted)
    #expect(connect(Self.peer(1), 3) == .refused)
    connections.disconnect(1)
    #expect(connect(Self.peer(1), 3) == .accepted)
    for number in UInt64(4)...8 {
      #expect(connect(Self.loopback, number) == .accepted)
    }
    #expect(connections.count == 7)
  }

  @Test("in a full table a new connection replaces the oldest of the address with most idle ones")
  func replacement() {
    var connections = PublisherConnections(limit: 6, addressLimit: 4)
    func connect(_ peer: PeerAddress, _ number: UInt64?) -> PublisherConnections.Admission {
      connections.connect(peer, number: number)
    }
    // Addresses of the connections 1 to 6.
    for (number, address) in [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (6, 3)] {
      #expect(connect(Self.peer(UInt64(address)), UInt64(number)) == .accepted)
    }
    connections.set(4, publishes: true)
    // Two idle connections each have 2 and 3: the oldest of both.
    #expect(connect(Self.peer(4), 7) == .replaces(2))
    #expect(connect(Self.peer(4), 8) == .replaces(5))
    connections.set(4, publishes: false)
    #expect(connect(Self.peer(5), 9) == .replaces(4))
    // A replaced connection is no longer counted, and its end is without effect.
    connections.disconnect(2)
    #expect(connections.count == 6)
    connections.disconnect(9)
    #expect(connect(Self.peer(5), 10) == .accepted)
  }

  @Test("publishers and callers without a number are never replaced")
  func publishers() {
    var connections = PublisherConnections(limit: 2, addressLimit: 9)
    func connect(_ peer: PeerAddress, _ number: UInt64?) -> PublisherConnections.Admission {
      connections.connect(peer, number: number)
    }
    #expect(connect(Self.peer(1), 1) == .accepted)
    #expect(connect(Self.peer(1), nil) == .accepted)
    #expect(connect(Self.peer(2), nil) == .refused)
    connections.set(1, publishes: true)
    #expect(connect(Self.peer(2), 2) == .refused)
    connections.disconnect(Self.peer(1))
    #expect(connect(Self.peer(2), 2) == .accepted)
  }
}
