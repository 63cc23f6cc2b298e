// SPDX-License-Identifier: Apache-2.0

import Archive
import Media
import Packaging
import Sharing
import Time

/// How far the MPD of the past reaches back: as viewers may, to the last gap, Discontinuity or
/// change of the CMAF header in the archive.
///
/// The segments of the archive are read a few hours at a time, each once.
final class ContinuousPast: Sendable {
  private struct State {
    /// The revision of the archive that the spans have.
    var revision: Int64 = 0
    /// The segments of the archive.
    var span: ContinuousSpan?
    /// Those segments, and the later ones of the window at the last request.
    var joined: ContinuousSpan?
    /// When new segments of the archive are read next.
    var nextReading = MonotonicTime.origin

    /// Forgets the spans if segments were removed from the archive, or added to its past.
    mutating func compare(_ revision: Int64) {
      if revision != self.revision { self = State(revision: revision) }
    }
  }

  /// The duration to whole multiples of which the depth is rounded down.
  private static let grid = Interval.seconds(60)
  private static let period = Interval.seconds(10)
  /// The most segments of one reading.
  private static let step: Int64 = 20_000

  private let archive: StreamArchive
  private let rendition: String
  private let segmentation: Segmentation
  private let window: LiveWindow
  private let dvr: Interval
  private let state = Locked(State())

  /// The past of a stream; `rendition` is its top rendition.
  init(
    _ archive: StreamArchive, rendition: String, _ window: LiveWindow, dvr: Interval
  ) {
    self.archive = archive
    self.rendition = rendition
    self.window = window
    self.dvr = dvr
    segmentation = window.segmentation.video
  }

  /// timeShiftBufferDepth of an MPD of `snapshot`.
  func depth(before snapshot: WindowSnapshot, now: WallTime) -> Interval {
    let kept = snapshot.pastSegments(.min ..< .max)
    let revision = archive.revision
    let joined = state.withLock { state -> ContinuousSpan? in
      state.compare(revision)
      guard let archived = state.span else { return nil }
      var span = archived
      span.append(kept)
      // The window may have left behind segments that were not in the archive at its last reading.
      if var joined = state.joined {
        joined.append(kept)
        joined.removeAll(before: archived.start)
        if joined.end >= span.end, joined.start < span.start { span = joined }
      }
      state.joined = span
      return span
    }
    guard var span = joined else { return .zero }
    // An MPD has the Periods that the window lists.
    span.removeAll(before: snapshot.listed.first?.period.firstSegment ?? .min)
    let start = WallTime(PastAddress.start(of: span.start, segmentation), plus: .zero)
    let depth = min(dvr, max(.zero, now - start - segmentation.segmentDuration))
    return (depth.wholeSeconds / Self.grid.wholeSeconds) * Self.grid
  }

  /// Reads what the archive has got, and then calls `then`, on any thread.
  func read(now: MonotonicTime, then: @escaping @Sendable () -> Void) {
    let revision = archive.revision
    let next = state.withLock { state -> Int64? in
      state.compare(revision)
      guard now >= state.nextReading else { return nil }
      state.nextReading = now + Self.period
      return state.span?.end ?? .min
    }
    guard let next, let extent = archive.extent(of: rendition) else { return then() }
    let limit = PastAddress.number(
      at: SystemClock.wallTime - dvr - .seconds(3600), segmentation)
    read(from: max(next, extent.lowerBound, limit), to: extent.upperBound, revision, then)
  }

  private func read(
    from first: Int64, to last: Int64, _ revision: Int64, _ then: @escaping @Sendable () -> Void
  ) {
    guard first <= last else { return then() }
    let end = min(last, first.addingSaturated(Self.step - 1))
    archive.segments(first...end, of: rendition) { [self] result in
      guard case .success(let segments) = result else { return then() }
      state.withLock { state in
        // Those of an earlier revision may be removed meanwhile.
        guard state.revision == revision else { return }
        var span = state.span ?? ContinuousSpan(from: first)
        span.append(segments.lazy.map { PastSegment($0) })
        state.span = span
      }
      read(from: end.addingSaturated(1), to: last, revision, then)
    }
  }
}
