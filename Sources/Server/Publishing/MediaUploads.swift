// SPDX-License-Identifier: Apache-2.0

import HTTP
import Logging
import Net
import Publishing
import Time

/// The uploads of media on one loop.
///
/// Confined to the loop's thread.
final class MediaUploads {
  let loop: EventLoop
  let registry: PublisherRegistry
  let log: Log
  /// The uploads whose source does not read.
  let waiting = PublicationQueue()
  /// Tracks whose next body is awaited, until these times.
  private var paused: [(track: PausedTrack, until: MonotonicTime)] = []
  /// New uploads, whose first media is looked for at these times.
  private var fresh: [(upload: MediaUpload, at: MonotonicTime)] = []

  init(loop: EventLoop, registry: PublisherRegistry, log: Log) {
    self.loop = loop
    self.registry = registry
    self.log = log
  }

  /// Makes the client of an exchange the publisher of a stream, or of a track of it, unless it has
  /// another one.
  func begin(
    _ exchange: any Exchange, _ admission: PublisherRegistry.Admission, _ track: PublishedTrack?
  ) {
    MediaUpload(exchange, track, self).enter(admission)
  }

  /// Ends a track later, unless another body continues it.
  func keep(_ track: PausedTrack) { paused.append((track, loop.now + PausedTrack.limit)) }

  /// Looks later whether an upload that begins has media.
  func awaitMedia(of upload: MediaUpload) {
    fresh.append((upload, loop.now + PublisherLifecycle.mediaLimit))
  }

  /// When an upload or a track is due.
  var nextDeadline: MonotonicTime {
    // Uploads begin one after another.
    let next = min(waiting.nextDeadline, fresh.first?.at ?? .distantFuture)
    return paused.reduce(next) { min($0, $1.until) }
  }

  /// Continues the waiting uploads, and ends tracks that no body has continued.
  func expire(_ now: MonotonicTime) {
    waiting.expire(now)
    while let first = fresh.first, first.at <= now { fresh.removeFirst().upload.checkMedia() }
    let due = paused.filter { $0.until <= now }
    guard !due.isEmpty else { return }
    paused.removeAll { $0.until <= now }
    for (track, _) in due where track.expire(at: now) {
      log.write(
        .info, "publish-ended", stream: track.name,
        "no other fragment within \(PausedTrack.limit.wholeSeconds) s")
    }
  }
}
