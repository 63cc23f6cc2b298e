// SPDX-License-Identifier: Apache-2.0

/// Paces the frames of a file by their timestamps: a pure state machine.
package struct FilePacer: Sendable {
  /// The distance from the last frame from which on timestamps have jumped; nanoseconds.
  private static let jump: Int64 = 2_000_000_000
  /// The largest lateness that is made up for; nanoseconds.
  private static let tolerance: Int64 = 1_000_000_000

  private var offset: Int64?
  private var last: Int64?

  /// A pacer before the first frame.
  package init() {}

  /// Notes that the file starts over: the next frame follows the last by one frame duration.
  package mutating func restart() { offset = nil }

  /// When audio with this timestamp is due; nil before the first frame.
  package func audioDue(pts: Int64) -> Int64? { offset.map { pts + $0 } }

  /// When the frame with this timestamp is due: monotonic clock, nanoseconds.
  ///
  /// - Parameters:
  ///   - pts: its timestamp, nanoseconds.
  ///   - now: monotonic time.
  ///   - frameDuration: nanoseconds.
  ///   - nextFrameTime: the first frame time at or after a monotonic time.
  /// - Returns: monotonic nanoseconds.
  package mutating func due(
    pts: Int64, now: Int64, frameDuration: Int64, nextFrameTime: (Int64) -> Int64
  ) -> Int64 {
    if let offset, let last {
      let due = pts + offset
      if abs(due - last) < Self.jump, now - due < Self.tolerance {
        self.last = max(due, last)
        return due
      }
    }
    let earliest = last.map { max($0 + frameDuration, now) } ?? now
    // A quarter earlier, so that a frame one duration after another has the next frame time.
    let due = nextFrameTime(earliest - frameDuration / 4)
    offset = due - pts
    last = due
    return due
  }
}
