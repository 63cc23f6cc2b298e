// SPDX-License-Identifier: Apache-2.0

import Media
import Scheduling
import Time

/// What aligns audio with the video of a discontinuity period: the position of its video on the
/// media timeline at one moment.
struct PeriodAlignment: Sendable {
  /// A segment of video.
  struct Segment: Sendable {
    let number: Int64
    /// The index of its first frame.
    let firstFrame: Int64
    /// Wall clock minus media time in it.
    let offset: Interval
  }

  /// The largest difference between the placements by timestamp and by capture time with which the
  /// timestamp is used.
  ///
  /// Media that a line has held for up to a second is captured by its arrival, all at one time.
  /// Media that was held for longer has corrected arrivals.
  private static let tolerance = Interval.seconds(1)

  /// The number of periods before it.
  let index: Int64
  /// Its first segment.
  let first: Segment
  /// When its first frame was captured.
  let captured: MonotonicTime
  /// Wall clock minus media time at its start.
  let offset: Interval
  /// The index of its newest published frame; nil if audio does not wait for video.
  var newestFrame: Int64?
  /// A monotonic time and its media time: those of the newest frame, or of now.
  var newest: (captured: MonotonicTime, mediaTime: MediaTime)
  /// A timestamp of the source and its media time; nil if capture times alone place audio.
  var reference: (pts: SourceTime, mediaTime: MediaTime)?
  /// Its newest segments, in order.
  var segments: [Segment] = []

  /// Wall clock minus media time in segment `number`; nil if the segment has the offset of the
  /// period.
  func offset(in number: Int64) -> Interval? {
    segments.last { $0.number == number }?.offset
  }

  /// The media time of audio captured at `captured`.
  func mediaTime(at captured: MonotonicTime) -> MediaTime {
    newest.mediaTime + (captured - newest.captured)
  }

  /// The media time of audio with the timestamp `pts`, captured at `captured`.
  ///
  /// The distance from the reference is the difference of the timestamps, as for video frames:
  /// audio and video stay together while the clock of the source drifts. If timestamps have jumped
  /// and no video frame has arrived since, the timestamp does not belong to this period. The
  /// capture time is then used.
  func mediaTime(pts: SourceTime, captured: MonotonicTime) -> MediaTime {
    let byCapture = mediaTime(at: captured)
    guard let reference else { return byCapture }
    let byTimestamp = reference.mediaTime + (pts - reference.pts)
    return (byTimestamp - byCapture).magnitude <= Self.tolerance ? byTimestamp : byCapture
  }
}
