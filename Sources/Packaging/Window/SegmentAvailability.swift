// SPDX-License-Identifier: Apache-2.0

package import Media
import Time

/// The state of a segment in a window.
package enum SegmentAvailability {
  /// The segment is complete.
  case complete(Segment)
  /// Chunks are still appended to the segment.
  case open
  /// The segment begins after this number of the track's frames: a minimum if segments have
  /// variable duration.
  case ahead(frames: Int64)
  /// The segment is older than the window.
  case evicted
  /// The segment is older than the first one of the session, by less than a playlist is long: only
  /// the program before a restart can have had it.
  case predating
  /// The window is empty, or has ended before this segment.
  case never
}

extension WindowSnapshot {
  /// The state of segment `number`.
  package func availability(
    of number: Int64, _ segmentation: TrackSegmentation
  ) -> SegmentAvailability {
    if let complete = segment(number) { return .complete(complete) }
    let newest = open?.number ?? segments.last?.number
    guard state != .ended, let newest, number >= newest else {
      guard let first = segments.first?.number ?? open?.number, number < first else {
        return .never
      }
      // A number of the session before keeps its bytes, which are gone.
      let hasAll =
        !isShortened && segments.count < playlistLength && number > publishedBefore ?? .min
      // bounded: the numbers of a session and the length of a playlist
      return hasAll && number >= first - Int64(playlistLength) ? .predating : .evicted
    }
    if open?.number == number { return .open }
    return .ahead(
      frames: Self.framesUntil(
        number, newest: newest, edge: open?.chunks.last?.lastFrame, segmentation))
  }

  /// The number of the track's frames before segment `number` begins.
  ///
  /// `edge` is the last frame of the newest segment while that is open; nil if it is complete or a
  /// gap. With variable duration the newest segment may end at any time, and later segments have
  /// at least their minimum duration.
  package static func framesUntil(
    _ number: Int64, newest: Int64, edge: Int64?, _ segmentation: TrackSegmentation
  ) -> Int64 {
    guard !segmentation.hasVariableDuration else {
      return (number - newest - 1)
        * segmentation.frames(covering: segmentation.video.segmentDuration)
    }
    return segmentation.firstFrame(of: number)
      - (edge.map { $0 + 1 } ?? segmentation.firstFrame(of: newest + 1))
  }
}
