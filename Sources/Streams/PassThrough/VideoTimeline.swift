// SPDX-License-Identifier: Apache-2.0

import Media

/// What the pictures of a passed-through stream say of its media time, for the sound that goes with them: a pure state
/// machine.
///
/// Runs are told when readers see them, so that sound never begins one that pictures do not have.
struct VideoTimeline: Sendable {
  /// A run of pictures with one relation between the source's stamps and media time.
  struct Period: Sendable, Equatable {
    /// Runs before it.
    let index: Int64
    /// The number of its first segment.
    let number: Int64
    /// The picture with which it begins, on the grid.
    let first: Int64
    /// The stamp of that picture, nanoseconds.
    let pts: Int64
    /// When that picture was captured: monotonic clock, nanoseconds.
    let captured: Int64
    /// What the wall clock is ahead of media time, in nanoseconds.
    let offset: Int64
    /// Its segments, the newest last: their numbers, and the pictures with which they begin.
    fileprivate(set) var segments: [Segment]
    /// The newest picture's place on the grid.
    fileprivate(set) var newest: Int64
    /// When that one was captured: monotonic clock, nanoseconds.
    fileprivate(set) var newestCaptured: Int64
    /// How much later pictures lie on the grid than their stamps say, smoothed: a sensor may be a little slower or faster
    /// than the rate of the grid; nanoseconds.
    fileprivate(set) var shift: Int64 = 0

    /// The place on the grid behind its newest picture.
    var end: Int64 { newest + 1 }
  }

  /// A segment of pictures.
  struct Segment: Sendable, Equatable {
    let number: Int64
    /// The picture with which it begins, on the grid.
    let first: Int64
  }

  /// More runs, and more segments of each, are never kept: sound is hardly ever one behind.
  private static let capacity = 16

  private let grid: FrameGrid
  private var runs: [Period] = []

  /// A timeline without pictures.
  init(grid: FrameGrid) { self.grid = grid }

  /// The first run that is kept with that index or a later one, as it is now.
  func run(atOrAfter index: Int64) -> Period? { runs.first { $0.index >= index } }

  /// A run begins with the picture `first` of segment `number`.
  mutating func begin(
    number: Int64, first: Int64, pts: Int64, captured: Int64, offset: Int64
  ) {
    runs =
      runs.suffix(Self.capacity - 1) + [
        Period(
          index: (runs.last?.index ?? -1) + 1, number: number, first: first, pts: pts,
          captured: captured, offset: offset, segments: [Segment(number: number, first: first)],
          newest: first, newestCaptured: captured)
      ]
  }

  /// A picture of the newest run is there, in segment `number`.
  mutating func take(_ picture: Int64, in number: Int64, pts: Int64, captured: Int64) {
    guard var run = runs.popLast() else { return }
    let apart = grid.nanoseconds(picture) - grid.nanoseconds(run.first) - (pts - run.pts)
    run.shift += (apart - run.shift) / Self.smoothing
    run.newest = picture
    run.newestCaptured = captured
    if run.segments.last?.number != number {
      run.segments =
        run.segments.suffix(Self.capacity - 1) + [Segment(number: number, first: picture)]
    }
    runs.append(run)
  }

  /// The media time in `run` of what is captured at the monotonic time `captured`, by its newest picture: nanoseconds
  /// since 1970.
  func mediaTime(at captured: Int64, in run: Period) -> Int64 {
    grid.nanoseconds(run.newest) + captured - run.newestCaptured
  }

  /// The media time in `run` of what carries the stamp `pts` and was captured at `captured`: nanoseconds since 1970.
  ///
  /// Pictures are as many frames behind the run's first as their stamps say, and sound goes with them: however far the
  /// source's clock has run away, both keep together. A stamp that cannot be of this run, since stamps have jumped and no
  /// picture has come since, is not believed.
  func mediaTime(pts: Int64, captured: Int64, in run: Period) -> Int64 {
    let byCapture = mediaTime(at: captured, in: run)
    let (distance, overflow) = pts.subtractingReportingOverflow(run.pts)
    guard !overflow else { return byCapture }
    let begin = grid.nanoseconds(run.first) + run.shift
    let byTimestamp = begin.addingReportingOverflow(distance)
    guard !byTimestamp.overflow, abs(byTimestamp.partialValue - byCapture) <= Self.trust else {
      return byCapture
    }
    return byTimestamp.partialValue
  }

  /// Pictures over which their distance from their stamps is smoothed.
  private static let smoothing: Int64 = 32

  /// How far stamp and capture may be apart; nanoseconds.
  private static let trust: Int64 = 300_000_000
}
