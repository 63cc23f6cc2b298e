// SPDX-License-Identifier: Apache-2.0

import Ingest
package import Time

/// A publisher with one connection: it sends the bytes of a container, such as MPEG-TS, or tags.
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
    write(MediaTag(kind: .container, timestamp: 0, payload: bytes), at: now)
  }

  /// Writes a tag.
  func write(_ tag: MediaTag, at now: MonotonicTime) -> PublisherWriting {
    switch stream.write(tag, by: publisher, at: now) {
    case .taken, .partly: .taken
    case .full: .full
    case .replaced: .replaced
    }
  }

  package func flush(at now: MonotonicTime) -> Bool { stream.flush() }

  /// Adds the counters of the link since the last call.
  func note(_ link: LinkStatistics) { stream.note(link, by: publisher) }

  package func end(at now: MonotonicTime) { _ = stream.detach(publisher, at: now) }
}
