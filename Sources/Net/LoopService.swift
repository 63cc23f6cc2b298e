// SPDX-License-Identifier: Apache-2.0

/// What a loop does beside its descriptors.
///
/// Confined to the loop's thread.
package protocol LoopService: AnyObject {
  /// `wake()` was called at least once since the last turn.
  func woken()
  /// When `expire` is wanted, in monotonic nanoseconds; `.max` where there is no deadline.
  var nextDeadline: Int64 { get }
  /// Called once `nextDeadline` has passed; must move it, or it is called again each turn.
  func expire(_ now: Int64)
}

/// What happens to a registered descriptor.
///
/// Confined to the loop's thread.
package protocol DescriptorHandler: AnyObject {
  /// The descriptor has become ready; level-triggered, so unanswered readiness comes again.
  func ready(_ readiness: Readiness)
  /// The loop has run its last turn: close the descriptor and let go of everything.
  func loopStopped()
}

/// For what a descriptor is ready, or watched.
package struct Readiness: OptionSet, Sendable {
  package let rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Bytes or a connection can be taken.
  package static let readable = Readiness(rawValue: 0x001)
  /// Bytes can be written.
  package static let writable = Readiness(rawValue: 0x004)
  /// An error, or both directions closed; always watched.
  package static let failed = Readiness(rawValue: 0x008 | 0x010)
  /// The peer will send nothing more (FIN).
  package static let peerFinished = Readiness(rawValue: 0x2000)
}

/// What takes the connections handed to a loop.
///
/// Confined to the loop's thread.
package protocol SocketReceiver: AnyObject {
  /// Takes over the descriptor and must close it some time.
  func receive(_ socket: AcceptedSocket)
}

/// A connection just accepted: non-blocking, its options set, registered nowhere yet.
package struct AcceptedSocket: Sendable {
  /// The descriptor; belongs to whoever holds this value.
  package let descriptor: Int32
  /// Who connected.
  package let peer: PeerAddress
  /// What to speak TLS with; nil where the bytes are plain.
  package let tls: TLSContext?
}
