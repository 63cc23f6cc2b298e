// SPDX-License-Identifier: Apache-2.0

import Ingest
package import Time

/// A publisher that sends the bytes of a container, such as MPEG-TS.
///
/// Confined to the loop's thread.
package final class ContainerPublisher {
  /// The result of writing bytes.
  package enum Writing: Equatable {
    case taken
    /// The source does not read: try again with the same bytes.
    case full
    /// Another publisher has replaced this one.
    case replaced
  }

  private let stream: PublishedStream
  private let publisher: Publisher

  /// Publishes to a stream, which has attached `publisher`.
  package init(_ stream: PublishedStream, _ publisher: Publisher) {
    self.stream = stream
    self.publisher = publisher
  }

  /// The name of the stream.
  package var name: String { stream.name }

  /// Writes bytes; after it, and after ``end(at:)``, call ``flush()`` until it returns true.
  package func write(_ bytes: [UInt8], at now: MonotonicTime) -> Writing {
    let tag = MediaTag(kind: .container, timestamp: 0, payload: bytes)
    return switch stream.write(tag, by: publisher, at: now) {
    case .taken, .partly: .taken
    case .full: .full
    case .replaced: .replaced
    }
  }

  /// Writes what the source has not taken yet; true if nothing is left.
  package func flush() -> Bool { stream.flush() }

  /// Notes the end of the container.
  package func end(at now: MonotonicTime) { _ = stream.detach(publisher, at: now) }
}
