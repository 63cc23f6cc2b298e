// SPDX-License-Identifier: Apache-2.0

package import Time

/// Paces the frames of a file by their timestamps: a pure state machine.
package struct FilePacer: Sendable {
  /// The distance from the last frame from which on timestamps have jumped.
  private static let jump = Interval.seconds(2)
  /// The largest lateness that is made up for.
  private static let tolerance = Interval.seconds(1)

  /// Monotonic time minus timestamp.
  private var offset: Interval?
  private var last: MonotonicTime?

  /// A pacer before the first frame.
  package init() {}

  /// Notes that the file starts over: the next frame follows the last by one frame duration.
  package mutating func restart() { offset = nil }

  /// When audio with this timestamp is due; nil before the first frame.
  package func audioDue(pts: SourceTime) -> MonotonicTime? {
    offset.map { MonotonicTime(pts, plus: $0) }
  }

  /// When the frame with this timestamp is due.
  ///
  /// - Parameters:
  ///   - pts: its timestamp.
  ///   - now: monotonic time.
  ///   - frameDuration: that of the stream.
  ///   - nextFrameTime: the first frame time at or after a monotonic time.
  /// - Returns: the time on the monotonic clock.
  package mutating func due(
    pts: SourceTime, now: MonotonicTime, frameDuration: Interval,
    nextFrameTime: (MonotonicTime) -> MonotonicTime
  ) -> MonotonicTime {
    if let offset, let last {
      let due = MonotonicTime(pts, plus: offset)
      if (due - last).magnitude < Self.jump, now - due < Self.tolerance {
        self.last = max(due, last)
        return due
      }
    }
    let earliest = last.map { max($0 + frameDuration, now) } ?? now
    // A quarter earlier, so that a frame one duration after another has the next frame time.
    let due = nextFrameTime(earliest - frameDuration / 4)
    offset = due.offset(from: pts)
    last = due
    return due
  }
}
