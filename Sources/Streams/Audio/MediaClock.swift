// SPDX-License-Identifier: Apache-2.0

import Media
import Scheduling

/// The clock by which audio is placed beside its video: one discontinuity period after another.
protocol MediaClock: Sendable {
  /// The discontinuity period `index`, or the first later one, and the period after it.
  ///
  /// - Parameters:
  ///   - index: of the period.
  ///   - now: monotonic time, in nanoseconds.
  /// - Returns: nil if none of their video is published yet.
  func periods(from index: Int64, now: Int64) -> (current: MediaPeriod, next: MediaPeriod?)?

  /// The step of the wall clock with which segment `number` starts; nil if there is none.
  ///
  /// Blocks until the video has decided about it.
  func step(before number: Int64) -> ClockStep?

  /// How long ago `mediaTime` was, in nanoseconds.
  func lateness(of mediaTime: Int64, in period: MediaPeriod) -> Int64
}

/// A discontinuity period as it is at one moment: how its video is placed on the media timeline.
struct MediaPeriod: Sendable {
  /// A segment of video.
  struct Segment: Sendable {
    let number: Int64
    /// The index of its first frame.
    let firstFrame: Int64
  }

  /// The difference between two ways to place audio up to which timestamps are used; nanoseconds.
  private static let tolerance: Int64 = 300_000_000

  /// The number of periods before it.
  let index: Int64
  /// Its first segment.
  let first: Segment
  /// When its first frame was captured: monotonic clock, nanoseconds.
  let captured: Int64
  /// Wall clock minus media time, in nanoseconds.
  let offset: Int64
  /// The index of its newest published frame; nil if audio does not wait for video.
  var newestFrame: Int64?
  /// A monotonic time and its media time: of the newest frame, or of now.
  var newest: (captured: Int64, mediaTime: Int64)
  /// A timestamp of the source and its media time; nil if capture times alone place audio.
  var reference: (pts: Int64, mediaTime: Int64)?
  /// Its newest segments, in order.
  var segments: [Segment] = []

  /// The media time of what is captured at the monotonic time `captured`, in nanoseconds.
  func mediaTime(at captured: Int64) -> Int64 {
    newest.mediaTime + captured - newest.captured
  }

  /// The media time of audio with the timestamp `pts`, captured at `captured`, in nanoseconds.
  ///
  /// Audio is as far from the reference as its timestamp is, as the video frames are. So audio and
  /// video stay together while the clock of the source drifts from ours. If timestamps have jumped
  /// and no video frame has arrived since, the timestamp does not belong to this period, and the
  /// capture time is used.
  func mediaTime(pts: Int64, captured: Int64) -> Int64 {
    let byCapture = mediaTime(at: captured)
    guard let reference else { return byCapture }
    let (distance, overflows) = pts.subtractingReportingOverflow(reference.pts)
    let byTimestamp = reference.mediaTime.addingReportingOverflow(distance)
    guard !overflows, !byTimestamp.overflow,
      abs(byTimestamp.partialValue - byCapture) <= Self.tolerance
    else { return byCapture }
    return byTimestamp.partialValue
  }
}
