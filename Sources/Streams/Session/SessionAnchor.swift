// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import Sharing
import Time

/// The end of what a track has published.
struct ResumePoint: Sendable, Equatable, Codable {
  /// The newest segment.
  let segment: Int64
  /// The frame index after the last frame.
  let end: Int64

  /// The end with the numbers that a window has listed without media since.
  func after(_ window: LiveWindow) -> ResumePoint {
    guard let complete = window.progress?.complete, complete > segment else { return self }
    let segmentation = window.segmentation
    return ResumePoint(
      segment: complete,
      end: segmentation.hasVariableDuration
        ? end : max(end, segmentation.firstFrame(of: complete.addingSaturated(1))))
  }
}

/// The place of a session in time: its clock, its first segment, and what was published before.
///
/// A session in another process has the anchor of the session that it publishes for.
struct SessionAnchor: Sendable, Equatable, Codable {
  /// The clock of the stream, with the announced steps of the wall clock.
  var clock: StreamClock
  /// The first segment of the window.
  var firstSegment: Int64
  /// The ends of the tracks, in their order, of what an earlier process has published; nil for a
  /// track without media.
  var published: [ResumePoint?]
  /// Whether segments of variable duration count on from the session before at any time.
  var countsOn = false

  /// The anchor of a session that begins now.
  init(_ configuration: StreamConfiguration) {
    let segmentation = configuration.segmentation
    let monotonic = SystemClock.monotonicTime
    clock = StreamClock(
      wall: WallTime(monotonic, plus: SystemClock.wallMinusMonotonic), monotonic: monotonic)
    published = []
    if case .upstream(let facts) = configuration.source {
      firstSegment = facts.firstSegment
      return
    }
    let current = segmentation.segment(of: clock.frame(atOrAfter: monotonic, on: segmentation.grid))
    firstSegment = Self.first(configuration, current, Self.firstSegment(configuration, clock))
    countsOn = segmentation.hasVariableDuration && configuration.earlier != nil
  }

  /// The most segments by which numbers may be ahead of the clock; more are of another numbering,
  /// which an encoded stream does not continue.
  private static let maximumLead: Int64 = 10

  /// The first segment of a session.
  ///
  /// A name keeps its bytes: the first number is after the newest of the session before. Without
  /// prefill it is the next whole segment; passed through, it begins with the first IDR of the
  /// source.
  ///
  /// - Parameters:
  ///   - configuration: the configuration of the session.
  ///   - current: the segment of the present time.
  ///   - kept: the segment of the first kept access unit; nil if none was kept.
  /// - Returns: its number.
  static func first(
    _ configuration: StreamConfiguration, _ current: Int64, _ kept: Int64?
  ) -> Int64 {
    let next = configuration.earlier.map { $0.segment.addingSaturated(1) }
    if configuration.passesThrough { return next ?? kept ?? current }
    // bounded: segments since 1970, and a length of a playlist
    let usual =
      configuration.prefill > 0 ? current - Int64(configuration.prefill) : current + 1
    guard let next, next <= current.addingSaturated(maximumLead) else { return usual }
    return max(usual, next)
  }

  /// The anchor of another session.
  init(
    clock: StreamClock, firstSegment: Int64, published: [ResumePoint?], countsOn: Bool = false
  ) {
    self.countsOn = countsOn
    self.clock = clock
    self.firstSegment = firstSegment
    self.published = published
  }

  /// The end of the track `index` of what was published; nil if nothing was.
  func end(ofTrack index: Int) -> ResumePoint? {
    index < published.count ? published[index] : nil
  }

  /// The segment of the first kept access unit; nil if none was kept.
  ///
  /// The mapping of timestamps still settles, so the access unit may be slightly older.
  private static func firstSegment(
    _ configuration: StreamConfiguration, _ clock: StreamClock
  ) -> Int64? {
    guard case .network(let facts) = configuration.source, let first = facts.firstCapture else {
      return nil
    }
    let segmentation = configuration.segmentation
    let frame = clock.frame(atOrAfter: first - .milliseconds(100), on: segmentation.grid)
    return segmentation.segment(of: frame)
  }
}
