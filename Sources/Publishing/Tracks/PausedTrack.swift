// SPDX-License-Identifier: Apache-2.0

import Ingest
package import Time

/// A CMAF track between two bodies: an encoder may send each fragment as a request of its own.
///
/// - Source: DASH-IF Live Media Ingest Protocol, Interface 1, §6.2
package final class PausedTrack: Sendable {
  /// How long the next body may take, as the time without media of other publishers.
  package static let limit = Interval.seconds(10)

  /// The reader after the last body.
  let reader: TrackReader
  /// Tags that the source has not taken yet.
  let waiting: [MediaTag]
  /// The permission of the client.
  let permit: PublishPermit?
  private let stream: PublishedStream
  private let track: PublishedTrack
  private let session: TrackSession

  init(
    _ reader: TrackReader, _ waiting: [MediaTag], _ permit: PublishPermit?,
    _ stream: PublishedStream, _ track: PublishedTrack, _ session: TrackSession
  ) {
    self.reader = reader
    self.waiting = waiting
    self.permit = permit
    self.stream = stream
    self.track = track
    self.session = session
  }

  /// The name of the stream.
  package var name: String { stream.name }

  /// Ends the track, unless another body has continued it.
  ///
  /// - Returns: whether it has ended.
  package func expire(at now: MonotonicTime) -> Bool {
    let (wasPaused, isLast) = session.end(self, of: track)
    if isLast { _ = stream.detach(session.publisher, at: now) }
    return wasPaused
  }
}
