// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
package import Time

/// Two sockets of datagrams on an even port and the next one, as RTP and RTCP have them.
/// - Source: RFC 3550 §11
package final class DatagramPair: Sendable {
  /// A datagram with its sender.
  package struct Datagram: Sendable, Equatable {
    package let bytes: [UInt8]
    package let sender: PeerAddress
    /// Whether it arrived at the second port.
    package let isSecond: Bool
  }

  /// The size of the receive buffers, in bytes.
  private static let buffer: Int32 = 1 << 20
  /// The most bytes of a datagram.
  private static let longest = 1 << 16
  /// The attempts to find a free pair of ports.
  private static let attempts = 32

  private let first: Int32
  private let second: Int32
  /// The first port.
  package let port: UInt16

  /// Sockets on all addresses of a family; nil if the system refuses them.
  package init?(isVersion6: Bool) {
    let family: Int32 = isVersion6 ? 1 : 0
    for _ in 0..<Self.attempts {
      let first = clinux_datagram_socket(family, 0, Self.buffer)
      guard first >= 0 else { return nil }
      var own = clinux_address()
      if unsafe clinux_local_address(first, &own) == 0, own.port % 2 == 0, own.port > 0 {
        let second = clinux_datagram_socket(family, own.port + 1, Self.buffer)  // bounded: even
        if second >= 0 {
          (self.first, self.second, port) = (first, second, own.port)
          return
        }
      }
      CLinux.close(first)
    }
    return nil
  }

  deinit {
    CLinux.close(first)
    CLinux.close(second)
  }

  /// Waits for a datagram until `deadline`; nil if none has arrived.
  package func receive(until deadline: MonotonicTime) -> Datagram? {
    let isSecond: Bool
    switch clinux_wait(first, Int16(POLLIN), second, deadline.nanoseconds) {
    case 1: isSecond = false
    case -ECANCELED: isSecond = true
    default: return nil
    }
    var sender = clinux_address()
    var count = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Self.longest) { buffer, used in
      count = unsafe clinux_receive_from(
        isSecond ? second : first, buffer.baseAddress, buffer.count, &sender)
      used = max(0, count)
    }
    guard count >= 0 else { return nil }
    return Datagram(bytes: bytes, sender: PeerAddress(sender), isSecond: isSecond)
  }

  /// Sends a datagram from the first or the second port; one that the system refuses is lost.
  package func send(_ bytes: [UInt8], to receiver: PeerAddress, fromSecond: Bool) {
    let address = clinux_address(
      high: receiver.high, low: receiver.low, port: receiver.port,
      is_v6: receiver.isVersion6 ? 1 : 0)
    _ = unsafe bytes.withUnsafeBytes {
      unsafe clinux_send_to(fromSecond ? second : first, $0.baseAddress, $0.count, address)
    }
  }
}
