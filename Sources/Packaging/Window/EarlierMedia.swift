// SPDX-License-Identifier: Apache-2.0

import Media
import Sharing
import Time

/// The newest media of a window, with which the window of the next session begins.
///
/// Segments keep their names, numbers, bytes and CMAF headers. If no window takes them, their bytes
/// become those of responses alone when this object ends (``PastMedia``).
package final class EarlierMedia: Sendable {
  /// The complete segments, oldest first; at least one.
  let segments: [Segment]
  /// The constants with their CMAF headers, newest last.
  let tracks: [TrackDescription]
  /// The oldest segment of the last playlist: later playlists begin no earlier.
  let firstListed: Int64
  /// The events of the stream.
  let events: WindowEvents
  private let segmentation: TrackSegmentation
  /// For how long responses may send the bytes when no window has them.
  let span: Interval
  private let isTaken = OnceFlag()

  /// The media of a window that nothing publishes in any more; nil without a segment.
  init?(
    _ segments: [Segment], _ tracks: [TrackDescription], firstListed: Int64, _ events: WindowEvents,
    _ segmentation: TrackSegmentation, span: Interval
  ) {
    guard !segments.isEmpty else { return nil }
    (self.segments, self.tracks, self.firstListed) = (segments, tracks, firstListed)
    (self.events, self.segmentation, self.span) = (events, segmentation, span)
  }

  deinit {
    guard !isTaken.isRaised else { return }
    let bytes = segments.flatMap(\.chunks).map(\.bytes)
    PastMedia.add(bytes, until: SystemClock.monotonicTime + span)
  }

  /// Whether a window with another segmentation can list the segments: numbers, frames and parts
  /// mean the same, and no segment is too long.
  func fits(_ other: TrackSegmentation) -> Bool {
    let (old, new) = (segmentation.video, other.video)
    func longest(_ video: Segmentation) -> Int64 {
      video.maximumFramesPerSegment ?? video.framesPerSegment
    }
    return segmentation.isAudio == other.isAudio
      && segmentation.timescale == other.timescale
      && segmentation.ticksPerFrame == other.ticksPerFrame
      && segmentation.framesPerPart == other.framesPerPart && old.grid.rate == new.grid.rate
      && old.framesPerSegment == new.framesPerSegment && longest(old) <= longest(new)
  }

  /// A segment by its number; nil if there is none.
  func segment(_ number: Int64) -> Segment? { segments.last { $0.number == number } }

  /// The same media with gaps in place of the segments with media of a span; this object is
  /// unusable then.
  func without(_ span: Range<WallTime>) -> EarlierMedia? {
    func isIn(_ segment: Segment) -> Bool {
      segmentation.isMedia(from: segment.programDateTime, ticks: segment.duration, in: span)
    }
    take()
    let removed = segments.filter { !$0.isGap && isIn($0) }
    PastMedia.add(
      removed.flatMap(\.chunks).map(\.bytes), until: SystemClock.monotonicTime + self.span)
    var events = events
    events.remove(span)
    return EarlierMedia(
      segments.map { !$0.isGap && isIn($0) ? $0.content.gap(duration: $0.duration) : $0 }, tracks,
      firstListed: firstListed, events, segmentation, span: self.span)
  }

  /// Notes that a window has the segments from now on.
  func take() { _ = isTaken.raise() }
}
