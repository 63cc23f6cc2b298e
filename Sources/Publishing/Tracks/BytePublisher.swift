// SPDX-License-Identifier: Apache-2.0

package import Time

/// The media of a client: all of them, or one track of several.
///
/// Confined to the loop's thread.
package protocol BytePublisher: AnyObject {
  /// The name of the stream.
  var name: String { get }
  /// Writes bytes; after it, and after ``end(at:)``, call ``flush(at:)`` until it returns true.
  func write(_ bytes: [UInt8], at now: MonotonicTime) -> PublisherWriting
  /// Writes what the source has not taken yet; true if nothing is left.
  func flush(at now: MonotonicTime) -> Bool
  /// Notes the end of the bytes.
  func end(at now: MonotonicTime)
  /// Notes the end of a body that another one may continue, instead of ``end(at:)``.
  ///
  /// - Parameters:
  ///   - permit: the permission of the client, kept for the next body.
  ///   - now: the present time.
  /// - Returns: nil if no other body can continue it.
  func pause(_ permit: PublishPermit?, at now: MonotonicTime) -> PausedTrack?
}

extension BytePublisher {
  package func pause(_ permit: PublishPermit?, at now: MonotonicTime) -> PausedTrack? { nil }
}

/// The result of writing bytes of a publisher.
package enum PublisherWriting: Sendable, Equatable {
  case taken
  /// The source does not read: try again with the same bytes.
  case full
  /// Another publisher has replaced this one.
  case replaced
  /// The bytes are no media, for this reason; no more can be written.
  case malformed(String)
}
