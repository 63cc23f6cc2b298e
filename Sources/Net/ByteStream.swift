// SPDX-License-Identifier: Apache-2.0

/// A connection as HTTP sees it: bytes in, bytes out, an end.
///
/// TCP now, TLS beside it.
///
/// Confined to its loop's thread. Its owner is never called from inside `write`, `close` or `abort`.
package protocol ByteStream: AnyObject {
  /// Who is told of what happens; let go of when the stream is closed.
  var owner: (any ByteStreamOwner)? { get set }
  /// Who is at the other end.
  var peer: PeerAddress { get }
  /// Whether the bytes are encrypted on their way.
  var isSecure: Bool { get }
  /// Bytes written that the kernel has not taken yet.
  var queuedBytes: Int { get }
  /// Monotonic nanoseconds at which enough of what is queued had moved, or it began to queue.
  var lastProgress: Int64 { get }
  /// Whether bytes are taken from the peer; while not, its end (FIN) is noticed nevertheless.
  var isReading: Bool { get set }
  /// Whether the peer's end is noticed while nothing is read; if not, it comes after the last byte.
  var noticesEnd: Bool { get set }
  /// Writes at once as much as the kernel takes and queues the rest, in order, without a copy.
  func write(_ slices: [ByteSlice])
  /// Says to the peer that nothing more comes. What is queued must have gone.
  func finishWriting()
  /// Closes now; what is queued is lost.
  func close()
  /// Closes with RST: the peer sees a failure, not an end.
  func abort()
}

extension ByteStream {
  /// Plain where nothing else is said.
  package var isSecure: Bool { false }
}

/// Who uses a byte stream.
///
/// Called on the loop's thread.
package protocol ByteStreamOwner: AnyObject {
  /// Bytes came; they are gone after the call.
  func received(_ bytes: borrowing Span<UInt8>)
  /// The peer sends no more (FIN). Called once.
  func inputEnded()
  /// Everything queued has been taken by the kernel.
  func drained()
  /// The connection is lost; the stream is closed already.
  func failed()
}
