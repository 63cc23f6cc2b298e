// SPDX-License-Identifier: Apache-2.0

package import Time

/// A connection as HTTP sees it: received bytes, written bytes, an end.
///
/// Confined to its loop's thread. The owner is never called from inside `write`, `close` or
/// `abort`.
package protocol ByteStream: AnyObject {
  /// Receives the events; nil after the stream is closed.
  var owner: (any ByteStreamOwner)? { get set }
  /// The address of the other end.
  var peer: PeerAddress { get }
  /// Whether the bytes are encrypted.
  var isSecure: Bool { get }
  /// The certificate of the client; nil without one.
  var certificate: ClientCertificate? { get }
  /// Written bytes that the kernel has not taken.
  var queuedBytes: Int { get }
  /// When enough queued bytes had left, or queueing began.
  var lastProgress: MonotonicTime { get }
  /// The earliest deadline of past media among the queued bytes; nil if there is none.
  var pastDeadline: MonotonicTime? { get }
  /// Whether bytes are read; the peer's FIN is noticed in any case.
  var isReading: Bool { get set }
  /// Whether the peer's FIN is noticed while nothing is read; if not, after the last byte is read.
  var noticesEnd: Bool { get set }
  /// `queuedBytes` and the bytes that the kernel has taken but not sent.
  var unsentBytes: Int { get }
  /// Lets the kernel take no bytes while it has this number of unsent bytes.
  func limitUnsent(_ byteCount: Int)
  /// The smoothed round trip of the connection; nil if it is unknown.
  var roundTrip: Interval? { get }
  /// The sending side of the connection; nil if it is unknown, or the stream is closed.
  var transmission: TransmissionState? { get }
  /// Writes the bytes that the kernel takes now and queues the rest, in order; shared bytes are not
  /// copied. The batch is empty afterwards.
  func write(_ batch: WriteBatch)
  /// Whether ``send(_:)`` takes bytes of files now.
  var takesFiles: Bool { get }
  /// Sends bytes of files after the queued bytes; until they are sent they are queued bytes.
  func send(_ files: FileBytes)
  /// Sends FIN. No byte may be queued.
  func finishWriting()
  /// Closes the stream; queued bytes are lost.
  func close()
  /// Closes the stream with RST: the peer sees a failure, not an end.
  func abort()
}

extension ByteStream {
  /// Not encrypted by default.
  package var isSecure: Bool { false }

  /// No certificate by default.
  package var certificate: ClientCertificate? { nil }

  /// By default files have to be read.
  package var takesFiles: Bool { false }

  /// Without effect by default.
  package func send(_ files: FileBytes) {}

  /// No past media by default.
  package var pastDeadline: MonotonicTime? { nil }

  /// Writes the bytes that the kernel takes now and queues the rest, in order, without a copy.
  package func write(_ slices: [ByteSlice]) {
    let batch = WriteBatch()
    for slice in slices { batch.append(slice) }
    write(batch)
    withExtendedLifetime(slices) {}
  }
}

/// The user of a byte stream.
///
/// Called on the loop's thread.
package protocol ByteStreamOwner: AnyObject {
  /// Received bytes; they are valid during the call only.
  func received(_ bytes: borrowing Span<UInt8>)
  /// The peer has sent FIN. Called once.
  func inputEnded()
  /// The kernel has taken all queued bytes.
  func drained()
  /// The connection is lost, and the stream is closed.
  func failed()
}
