// SPDX-License-Identifier: Apache-2.0

/// The clock that counts since the machine started and is never set (`CLOCK_MONOTONIC`).
public enum MonotonicTimeline: Sendable {}
/// The wall clock: nanoseconds since 1970-01-01T00:00:00Z; it may be set in either direction.
public enum WallTimeline: Sendable {}
/// The timeline of a stream's media: nanoseconds since 1970-01-01T00:00:00Z on the frame grid.
public enum MediaTimeline: Sendable {}
/// The timeline of a source's timestamps: its own clock with an unknown origin, unwrapped.
public enum SourceTimeline: Sendable {}

/// An instant of the monotonic clock; for deadlines and durations.
public typealias MonotonicTime = Instant<MonotonicTimeline>
/// An instant of the wall clock; for capture times, publish times and dates.
public typealias WallTime = Instant<WallTimeline>
/// An instant of a stream's timeline.
public typealias MediaTime = Instant<MediaTimeline>
/// A timestamp of a source, comparable with timestamps of the same connection.
public typealias SourceTime = Instant<SourceTimeline>

/// A point on one timeline, in nanoseconds since the timeline's origin.
///
/// Instants of different timelines have different types: the compiler refuses to subtract a
/// monotonic instant from a wall-clock instant. The offset between two timelines is an interval:
/// the reading of one minus the reading of the other at the same moment. Arithmetic saturates, as
/// that of ``Interval``.
@frozen
public struct Instant<Timeline>: Sendable, Hashable, Codable {
  /// Nanoseconds since the origin of the timeline.
  public let nanoseconds: Int64

  /// The instant `nanoseconds` after the origin of the timeline.
  @inlinable
  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// The instant that reads `offset` more than `other`, an instant of another timeline.
  @inlinable
  public init<Other>(_ other: Instant<Other>, plus offset: Interval) {
    nanoseconds = other.nanoseconds.addingSaturated(offset.nanoseconds)
  }

  /// The instant that reads `offset` less than `other`, an instant of another timeline.
  @inlinable
  public init<Other>(_ other: Instant<Other>, minus offset: Interval) {
    nanoseconds = other.nanoseconds.subtractingSaturated(offset.nanoseconds)
  }

  /// The reading of this instant minus that of `other`, an instant of another timeline, saturated.
  @inlinable
  public func offset<Other>(from other: Instant<Other>) -> Interval {
    Interval(nanoseconds: nanoseconds.subtractingSaturated(other.nanoseconds))
  }

  /// The origin of the timeline.
  public static var origin: Instant { @inlinable get { Instant(nanoseconds: 0) } }
  /// An instant after all others: a deadline that never expires.
  public static var distantFuture: Instant { @inlinable get { Instant(nanoseconds: .max) } }
  /// An instant before all others.
  public static var distantPast: Instant { @inlinable get { Instant(nanoseconds: .min) } }

  /// Whole milliseconds since the origin, rounded down.
  public var milliseconds: Int64 {
    @inlinable get { nanoseconds / 1_000_000 - (nanoseconds % 1_000_000 < 0 ? 1 : 0) }
  }

  /// The instant `interval` after `instant`, saturated.
  @inlinable
  public static func + (instant: Instant, interval: Interval) -> Instant {
    Instant(nanoseconds: instant.nanoseconds.addingSaturated(interval.nanoseconds))
  }

  /// The instant `interval` before `instant`, saturated.
  @inlinable
  public static func - (instant: Instant, interval: Interval) -> Instant {
    Instant(nanoseconds: instant.nanoseconds.subtractingSaturated(interval.nanoseconds))
  }

  /// The interval from `right` to `left`, saturated; negative if `left` is earlier.
  @inlinable
  public static func - (left: Instant, right: Instant) -> Interval {
    Interval(nanoseconds: left.nanoseconds.subtractingSaturated(right.nanoseconds))
  }

  /// Moves the instant by `interval` later, saturated.
  @inlinable
  public static func += (instant: inout Instant, interval: Interval) {
    instant = instant + interval
  }
}

extension Instant: Comparable {
  /// Whether `left` is before `right`.
  @inlinable
  public static func < (left: Instant, right: Instant) -> Bool {
    left.nanoseconds < right.nanoseconds
  }
}
