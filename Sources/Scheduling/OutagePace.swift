// SPDX-License-Identifier: Apache-2.0

package import Time

/// When a passed-through stream lists a segment although its source supplies nothing: a pure state
/// machine.
///
/// The first one is listed 1.5 Target Durations after the segment before, further ones follow at
/// the pace of the segments. A source counts as away after ``silence`` only, so that a line that
/// holds media for a shorter time loses nothing.
/// - Source: RFC 8216 §6.2.2: "no later than 1.5 times the target duration after the previous
///   version"
package struct OutagePace: Sendable {
  /// The progress of a window.
  package struct Progress: Sendable {
    /// The number of the newest complete segment.
    package let complete: Int64
    /// The number of the newest segment, which may be open.
    package let newest: Int64
    /// When the newest segment became complete.
    package let completed: MonotonicTime
    /// When media arrived last.
    package let heard: MonotonicTime

    /// A progress.
    package init(
      complete: Int64, newest: Int64, completed: MonotonicTime, heard: MonotonicTime
    ) {
      self.complete = complete
      self.newest = newest
      self.completed = completed
      self.heard = heard
    }
  }

  /// The next step.
  package enum Step: Sendable, Equatable {
    /// Nothing is due before this time.
    case wait(until: MonotonicTime)
    /// All segments up to this number are due.
    case list(Int64)
  }

  /// The least time without media after which a source counts as away.
  package static let silence = Interval.milliseconds(900)

  /// The time from one listed segment to the first one without media.
  private let first: Interval
  /// The time between segments without media.
  private let pace: Interval
  /// The number that was listed last by this pace, and when it was due.
  private var listed: (number: Int64, due: MonotonicTime)?

  /// A pace.
  ///
  /// - Parameters:
  ///   - targetDuration: in seconds.
  ///   - segmentDuration: of a segment without media.
  package init(targetDuration: Int64, segmentDuration: Interval) {
    // bounded: intervals saturate
    first = Interval.seconds(targetDuration) / 2 * 3
    pace = max(segmentDuration, .milliseconds(100))
  }

  /// The next step at `now`; ``note(_:)`` follows a segment that was listed.
  package func step(_ now: MonotonicTime, _ progress: Progress) -> Step {
    let due = due(progress)
    guard now >= due else { return .wait(until: due) }
    // bounded: the number of a published segment
    return .list(max(progress.newest, progress.complete.addingSaturated(1)))
  }

  /// Notes at `now` that the segment that was due is listed; `progress` is that of before.
  package mutating func note(_ number: Int64, _ now: MonotonicTime, _ progress: Progress) {
    // A machine that stood still does not list the missed numbers at once.
    listed = (number, max(due(progress), now - pace / 2))
  }

  private func due(_ progress: Progress) -> MonotonicTime {
    let next: MonotonicTime
    if let listed, listed.number == progress.complete {
      next = listed.due + pace
    } else {
      next = progress.completed + first
    }
    return max(next, progress.heard + Self.silence)
  }
}
