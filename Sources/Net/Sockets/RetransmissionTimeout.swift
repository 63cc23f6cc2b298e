// SPDX-License-Identifier: Apache-2.0

import CLinux

/// How long TCP waits for an acknowledgement before it sends again, RFC 6298.
///
/// The kernel doubles the timeout at each attempt (5.5). After a radio that was silent for seconds
/// the next attempt would be as many seconds away, although the line works again. RFC 6298 (2.5)
/// permits a bound of at least 60 s, for the sake of a network that is overloaded: there, one
/// packet per second of a connection is little beside its media.
package enum RetransmissionTimeout {
  /// TCP_RTO_MAX_MS of `linux/tcp.h`, which older headers lack; since Linux 6.15.
  private static let greatestOption: Int32 = 44
  /// The greatest timeout in milliseconds; the kernel permits no lower bound.
  ///
  /// A connection whose peer acknowledges nothing ends after 15 attempts
  /// (`net.ipv4.tcp_retries2`), about 15 s.
  private static let greatest: Int32 = 1000

  /// Bounds the timeout of a listening socket, and so of the connections that it accepts.
  ///
  /// An older kernel keeps its own bound, 120 s.
  ///
  /// - Parameter socket: the listening socket, also one that a supervisor handed over.
  package static func limit(on socket: ListeningSocket) {
    clinux_set_option(socket.descriptor, Int32(IPPROTO_TCP), greatestOption, greatest)
  }
}
