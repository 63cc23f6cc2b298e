// SPDX-License-Identifier: Apache-2.0

import Media

/// When the pictures of a file are due, from their own stamps: a pure state machine.
struct FilePacer: Sendable {
  /// What is further from the last picture than this is a jump of the stamps; nanoseconds.
  static var jump: Int64 { 2_000_000_000 }
  /// What is later than this is not caught up with; nanoseconds.
  static var patience: Int64 { 1_000_000_000 }

  private var offset: Int64?
  private var last: Int64?

  /// The stamps begin anew: the next picture follows the last by one frame.
  mutating func begin() { offset = nil }

  /// When sound with this stamp is due; nil before the first picture.
  func audioDue(pts: Int64) -> Int64? { offset.map { pts + $0 } }

  /// When the picture with this stamp is due: monotonic clock, nanoseconds.
  ///
  /// - Parameters:
  ///   - pts: its stamp, nanoseconds.
  ///   - now: monotonic time.
  ///   - frame: nanoseconds from picture to picture.
  ///   - tick: moves a time to the next tick.
  /// - Returns: monotonic nanoseconds.
  mutating func due(pts: Int64, now: Int64, frame: Int64, tick: (Int64) -> Int64) -> Int64 {
    if let offset, let last {
      let due = pts + offset
      if abs(due - last) < Self.jump, now - due < Self.patience {
        self.last = max(due, last)
        return due
      }
    }
    let wish = last.map { max($0 + frame, now) } ?? now
    // A little before, so that a picture that follows another by one frame stays on its tick.
    let due = tick(wish - frame / 4)
    offset = due - pts
    last = due
    return due
  }
}
