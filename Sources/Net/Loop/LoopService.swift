// SPDX-License-Identifier: Apache-2.0

package import Time

/// Work of a loop that depends on wakes and deadlines instead of descriptors.
///
/// Confined to the loop's thread.
package protocol LoopService: AnyObject {
  /// `wake()` was called at least once since the last iteration.
  func woken()
  /// The time for `expire`; `.distantFuture` without a deadline.
  var nextDeadline: MonotonicTime { get }
  /// Called after `nextDeadline`; must move the deadline, or is called again in each iteration.
  func expire(_ now: MonotonicTime)
  /// The loop has ended and its descriptors are closed; nothing else is called afterwards.
  func stopped()
}

extension LoopService {
  /// Does nothing.
  package func stopped() {}
}

/// Handles the events of a watched descriptor.
///
/// Confined to the loop's thread.
package protocol DescriptorHandler: AnyObject {
  /// The descriptor is ready. Unhandled readiness is reported again, unless it is watched with
  /// `changesOnly`.
  func ready(_ readiness: DescriptorReadiness)
  /// The loop has ended: close the descriptor and release everything.
  func loopStopped()
}

/// The operations for which a descriptor is ready or watched.
package struct DescriptorReadiness: OptionSet, Sendable {
  package let rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Bytes can be read, or a connection accepted.
  package static let readable = DescriptorReadiness(rawValue: 0x001)
  /// Bytes can be written.
  package static let writable = DescriptorReadiness(rawValue: 0x004)
  /// An error, or both directions closed; always watched.
  package static let failed = DescriptorReadiness(rawValue: 0x008 | 0x010)
  /// The peer has sent FIN.
  package static let peerFinished = DescriptorReadiness(rawValue: 0x2000)
  /// Readiness is reported when it begins, and after each `add` and `change`; epoll looks at the
  /// descriptor once per event instead of twice.
  package static let changesOnly = DescriptorReadiness(rawValue: 1 << 31)
}

/// Serves the connections that are handed to a loop.
///
/// Confined to the loop's thread.
package protocol SocketReceiver: AnyObject {
  /// Takes ownership of the descriptor.
  func receive(_ socket: AcceptedSocket)
}

/// An accepted connection: non-blocking, its options set, watched by no loop.
package struct AcceptedSocket: Sendable {
  /// The descriptor, which the receiver must close.
  package let descriptor: Int32
  /// The address of the client.
  package let peer: PeerAddress
  /// Certificate and key; nil for a plain connection.
  package let tls: TLSContext?
}
