// SPDX-License-Identifier: Apache-2.0

import CLinux

/// The Internet address and port of a peer.
package struct PeerAddress: Sendable, Hashable, CustomStringConvertible {
  package let high: UInt64
  package let low: UInt64
  /// The peer's port.
  package let port: UInt16
  package let isVersion6: Bool
  /// Whether this is the address of a trusted proxy that has not stated its client: the client may
  /// be anywhere, and has no rights of the address.
  package let isUnstated: Bool

  /// The end of this server to which a peer on this machine is connected, without which the kernel
  /// does not find the peer's socket.
  package struct OwnEnd: Sendable, Hashable {
    /// An IPv4 address; of IPv6 only ::1 is used.
    package let low: UInt32
    package let port: UInt16
    package let isUDP: Bool
  }

  /// Known for peers on this machine as they connect; nil for others, and for addresses that a
  /// proxy has stated or that stand for several peers.
  package private(set) var ownEnd: OwnEnd?

  /// 0.0.0.0, port 0: the address of a request without a connection, as in tests.
  package static let none = PeerAddress(clinux_address())

  init(_ address: clinux_address) {
    high = address.high
    low = address.low
    port = address.port
    isVersion6 = address.is_v6 != 0
    isUnstated = false
  }

  /// The address in the system's form for a library that accepts connections: `sockaddr_in` or
  /// `sockaddr_in6`, to which `address` points.
  @unsafe package init(systemAddress address: UnsafeRawPointer) {
    self.init(
      unsafe clinux_address_of(address.assumingMemoryBound(to: sockaddr_storage.self)))
  }

  /// An address from its bits; IPv4 is the lowest 32 of `low`.
  package init(
    high: UInt64, low: UInt64, port: UInt16, isVersion6: Bool, isUnstated: Bool = false
  ) {
    self.high = high
    self.low = low
    self.port = port
    self.isVersion6 = isVersion6
    self.isUnstated = isUnstated
  }

  /// The address in a text such as `192.0.2.1` or `2001:db8::1`; nil for any other text.
  ///
  /// An IPv4-mapped IPv6 address is converted to IPv4.
  package init?(_ text: some StringProtocol, port: UInt16 = 0) {
    var address = clinux_address()
    guard text.utf8.count <= 45, unsafe clinux_parse_address(String(text), &address) == 1 else {
      return nil
    }
    address.port = port
    self.init(address)
  }

  /// 127.0.0.0/8 or ::1; false for the unstated client of a proxy there.
  package var isLoopback: Bool {
    !isUnstated && (isVersion6 ? high == 0 && low == 1 : low >> 24 == 127)
  }

  /// The address of a peer that is connected to the end `own` of this server.
  package func connected(to own: PeerAddress, isUDP: Bool = false) -> PeerAddress {
    guard isLoopback else { return self }
    var peer = self
    peer.ownEnd = OwnEnd(low: UInt32(truncatingIfNeeded: own.low), port: own.port, isUDP: isUDP)
    return peer
  }

  /// The unstated client of the proxy that has this address.
  package var unstatedClient: PeerAddress {
    PeerAddress(high: high, low: low, port: port, isVersion6: isVersion6, isUnstated: true)
  }

  /// The address without the port.
  package var host: PeerAddress {
    PeerAddress(
      high: high, low: low, port: 0, isVersion6: isVersion6, isUnstated: isUnstated)
  }

  /// The address without the parts that one owner can choose: the port and, for IPv6, the last 64
  /// bits.
  package var owner: PeerAddress {
    PeerAddress(
      high: high, low: isVersion6 ? 0 : low, port: 0, isVersion6: isVersion6,
      isUnstated: isUnstated)
  }

  /// The address without the parts that identify one viewer: the last octet (IPv4) or the last 80
  /// bits (IPv6) and the port are zero.
  package var masked: PeerAddress {
    isVersion6
      ? PeerAddress(high: high & ~0xffff, low: 0, port: 0, isVersion6: true)
      : PeerAddress(high: 0, low: low & ~0xff, port: 0, isVersion6: false)
  }

  /// The address without the port; IPv6 in the form of RFC 5952 §4.
  package var description: String {
    guard isVersion6 else {
      // bounded: the index is at most 3
      return (0..<4).map { String(low >> (24 - 8 * UInt64($0)) & 0xff) }.joined(separator: ".")
    }
    var groups: [UInt64] = []
    for half in [high, low] {
      for shift: UInt64 in [48, 32, 16, 0] { groups.append(half >> shift & 0xffff) }
    }
    var longest = 0..<0
    var start = 0
    for end in 1...8 where end == 8 || groups[end] != 0 || groups[end - 1] != 0 {
      if end < 8, groups[end] == 0, groups[end - 1] == 0 { continue }
      if groups[end - 1] == 0, end - start > max(longest.count, 1) { longest = start..<end }
      start = end
    }
    let text = { (range: Range<Int>) -> String in
      groups[range].map { String($0, radix: 16) }.joined(separator: ":")
    }
    return longest.isEmpty
      ? text(0..<8) : text(0..<longest.lowerBound) + "::" + text(longest.upperBound..<8)
  }
}
