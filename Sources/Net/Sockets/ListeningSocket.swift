// SPDX-License-Identifier: Apache-2.0

import CLinux
import System

/// A bound TCP socket that listens: created here, or handed over by a supervisor.
///
/// Never with SO_REUSEPORT: a second process of the same user would get half of the viewers
/// instead of an error.
package final class ListeningSocket: Sendable {
  /// The number of connections that the kernel queues before they are accepted.
  package static let backlog: Int32 = 4096
  /// TCP_RTO_MAX_MS of `linux/tcp.h`, which older headers lack; since Linux 6.15.
  private static let retransmissionOption: Int32 = 44
  /// The greatest timeout in milliseconds; the kernel permits no lower bound.
  ///
  /// A connection whose peer acknowledges nothing ends after 15 attempts
  /// (`net.ipv4.tcp_retries2`), about 15 s.
  private static let retransmissionLimit: Int32 = 1000

  /// The descriptor: non-blocking, close-on-exec; closed with this object.
  package let descriptor: Int32
  /// The port of the socket; never 0.
  package let boundPort: UInt16
  /// The address of the socket.
  package let boundAddress: PeerAddress
  /// Whether a supervisor owns the socket, so that the next process can use it.
  package let isAdopted: Bool

  /// Binds and listens.
  ///
  /// - Parameters:
  ///   - host: a name or an address, IPv4 or IPv6; of several addresses the first usable one.
  ///   - port: 0 for any free port.
  /// - Throws: an error whose description names the address, the port and the reason.
  package init(host: String, port: UInt16) throws(NetError) {
    var lookup: Int32 = 0
    let descriptor = unsafe clinux_listen(host, port, Self.backlog, &lookup)
    if lookup != 0 {
      throw .unknownHost(host: host, reason: unsafe String(cString: gai_strerror(lookup)))
    }
    guard descriptor >= 0 else {
      throw .cannotListen(host: host, port: port, reason: SystemError.reason(-descriptor))
    }
    let address = try Self.address(of: descriptor)
    self.descriptor = descriptor
    boundAddress = address
    boundPort = address.port
    isAdopted = false
  }

  /// Takes ownership of a listening socket, and makes it non-blocking and close-on-exec.
  package init(adopting descriptor: Int32) throws(NetError) {
    guard clinux_is_listening_tcp(descriptor) == 1 else {
      throw .notAListeningSocket(descriptor: descriptor)
    }
    let code = clinux_prepare_descriptor(descriptor)
    guard code == 0 else { throw .system(call: "fcntl", code: -code) }
    let address = try Self.address(of: descriptor)
    self.descriptor = descriptor
    boundAddress = address
    boundPort = address.port
    isAdopted = true
  }

  deinit { close(descriptor) }

  /// Bounds how long TCP waits for an acknowledgement before it sends again, RFC 6298, for the
  /// connections that the socket accepts.
  ///
  /// The kernel doubles the timeout at each attempt (5.5). After a radio that was silent for
  /// seconds the next attempt would be as many seconds away, although the line works again. RFC
  /// 6298 (2.5) permits a bound of at least 60 s, for the sake of a network that is overloaded:
  /// there, one packet per second of a connection is little beside its media.
  ///
  /// An older kernel keeps its own bound, 120 s.
  package func limitRetransmission() {
    clinux_set_option(
      descriptor, Int32(IPPROTO_TCP), Self.retransmissionOption, Self.retransmissionLimit)
  }

  private static func address(of descriptor: Int32) throws(NetError) -> PeerAddress {
    var own = clinux_address()
    let code = unsafe clinux_local_address(descriptor, &own)
    guard code == 0 else { throw .system(call: "getsockname", code: -code) }
    return PeerAddress(own)
  }
}
