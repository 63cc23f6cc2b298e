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

  private init(adopting descriptor: Int32) throws(NetError) {
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

  /// Takes ownership of a listening socket, and makes it non-blocking and close-on-exec.
  package static func adopted(descriptor: Int32) throws(NetError) -> ListeningSocket {
    try ListeningSocket(adopting: descriptor)
  }

  private static func address(of descriptor: Int32) throws(NetError) -> PeerAddress {
    var own = clinux_address()
    let code = unsafe clinux_local_address(descriptor, &own)
    guard code == 0 else { throw .system(call: "getsockname", code: -code) }
    return PeerAddress(own)
  }
}
