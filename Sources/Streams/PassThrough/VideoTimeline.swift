// SPDX-License-Identifier: Apache-2.0

import Media
import Scheduling
import Sharing
import Time

/// The discontinuity periods of published pass-through video: a pure state machine.
///
/// A period is added when readers can see it, so that audio never starts a period that the video
/// does not have.
struct VideoTimeline: Sendable {
  /// The maximum number of kept periods, and of kept segments per period: audio is never so late.
  private static let capacity = 16
  /// The number of frames over which the difference between media times and timestamps is smoothed:
  /// the sensor may be slower or faster than the grid.
  private static let smoothing: Int64 = 32

  private let grid: FrameGrid
  private var periods: [PeriodAlignment] = []

  /// A timeline without video.
  init(grid: FrameGrid) { self.grid = grid }

  /// The first kept period with the index `index` or a later one.
  func period(from index: Int64) -> PeriodAlignment? { periods.first { $0.index >= index } }

  /// The frame of the newest period that is nearest to a timestamp, which may lie ahead.
  func position(of pts: SourceTime, captured: MonotonicTime) -> StreamPosition? {
    guard let period = periods.last else { return nil }
    let frame = grid.nearest(period.mediaTime(pts: pts, captured: captured))
    let offset = period.segments.last?.offset ?? period.offset
    let mediaTime = grid.frameTime(of: frame)
    return StreamPosition(
      frame: frame, mediaTime: mediaTime, time: WallTime(mediaTime, plus: offset))
  }

  /// Starts a period with the frame `first` of segment `number`.
  ///
  /// - Parameters:
  ///   - number: the segment.
  ///   - first: the index of the frame.
  ///   - pts: the timestamp of the frame.
  ///   - captured: when the frame was captured.
  ///   - offset: wall clock minus media time.
  mutating func begin(
    number: Int64, first: Int64, pts: SourceTime, captured: MonotonicTime, offset: Interval
  ) {
    let mediaTime = grid.frameTime(of: first)
    let segment = PeriodAlignment.Segment(number: number, firstFrame: first, offset: offset)
    let period = PeriodAlignment(
      index: (periods.last?.index ?? -1) + 1, first: segment, captured: captured,
      offset: offset, newestFrame: first, newest: (captured, mediaTime),
      reference: (pts, mediaTime),
      segments: [segment])
    periods = periods.suffix(Self.capacity - 1) + [period]
  }

  /// Adds a frame of segment `number` to the newest period.
  ///
  /// - Parameters:
  ///   - frame: its index.
  ///   - number: the segment.
  ///   - pts: its timestamp.
  ///   - captured: when it was captured.
  ///   - offset: wall clock minus media time in the segment.
  mutating func append(
    _ frame: Int64, in number: Int64, pts: SourceTime, captured: MonotonicTime, offset: Interval
  ) {
    guard var period = periods.popLast(), let reference = period.reference else { return }
    let mediaTime = grid.frameTime(of: frame)
    let distance = mediaTime - reference.mediaTime - (pts - reference.pts)
    period.reference?.mediaTime += distance / Self.smoothing
    period.newestFrame = frame
    period.newest = (captured, mediaTime)
    if period.segments.last?.number != number {
      let segment = PeriodAlignment.Segment(number: number, firstFrame: frame, offset: offset)
      period.segments = period.segments.suffix(Self.capacity - 1) + [segment]
    }
    periods.append(period)
  }
}

/// The media clock of a pass-through stream: audio follows the video that readers can see.
struct VideoTimelineClock: MediaClock {
  let timeline: Locked<VideoTimeline>

  func periods(
    from index: Int64, now: MonotonicTime
  ) -> (current: PeriodAlignment, next: PeriodAlignment?)? {
    timeline.withLock { timeline in
      timeline.period(from: index).map { ($0, timeline.period(from: $0.index + 1)) }
    }
  }

  /// Always nil: each step of the wall clock starts a period, so no segment within one has a step.
  func step(before number: Int64) -> ClockStep? { nil }

  func lateness(of mediaTime: MediaTime, in period: PeriodAlignment) -> Interval {
    let offset = period.segments.last?.offset ?? period.offset
    return MediaTime(SystemClock.wallTime, minus: offset) - mediaTime
  }
}
