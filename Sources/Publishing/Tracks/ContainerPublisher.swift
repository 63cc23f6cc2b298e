// SPDX-License-Identifier: Apache-2.0

import Ingest
package import Time

/// A publisher that sends the bytes of a container, such as MPEG-TS.
///
/// Confined to the thread of its connection.
package final class ContainerPublisher: BytePublisher {
  private let stream: PublishedStream
  private let publisher: Publisher

  /// Publishes to a stream, which has attached `publisher`.
  package init(_ stream: PublishedStream, _ publisher: Publisher) {
    self.stream = stream
    self.publisher = publisher
  }

  package var name: String { stream.name }

  package func write(_ bytes: [UInt8], at now: MonotonicTime) -> PublisherWriting {
    let tag = MediaTag(kind: .container, timestamp: 0, payload: bytes)
    return switch stream.write(tag, by: publisher, at: now) {
    case .taken, .partly: .taken
    case .full: .full
    case .replaced: .replaced
    }
  }

  package func flush(at now: MonotonicTime) -> Bool { stream.flush() }

  package func end(at now: MonotonicTime) { _ = stream.detach(publisher, at: now) }
}
