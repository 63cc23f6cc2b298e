// SPDX-License-Identifier: Apache-2.0

import Sharing
import Time

/// Which frames of a stream become pictures of its motion JPEG: a pure state machine.
///
/// Each tenth of a second of media has at most one picture, of its first frame that is the newest
/// one while no other picture is being made. All readers share the newest picture.
struct MotionPictures: Sendable {
  /// The least time between the tenths of two pictures.
  private static let interval = Interval.milliseconds(100)

  /// A picture, as readers get it.
  struct Picture: Sendable {
    /// Rises with each picture.
    let number: UInt64
    /// The part of the body, with its fields.
    let part: SharedBytes
  }

  /// The newest picture; nil before the first one.
  private(set) var newest: Picture?
  private var frame = Int64.min
  private var slot = Int64.min
  private var isBusy = false
  private var count: UInt64 = 0

  /// Decides on the newest frame of the stream.
  ///
  /// - Parameters:
  ///   - frame: its index.
  ///   - time: its media time.
  /// - Returns: whether it becomes a picture; until ``made(_:)`` no other frame does.
  mutating func takes(_ frame: Int64, at time: MediaTime) -> Bool {
    let slot = time.nanoseconds / Self.interval.nanoseconds
    guard !isBusy, frame > self.frame, slot > self.slot else { return false }
    (self.frame, self.slot, isBusy) = (frame, slot, true)
    return true
  }

  /// Takes the finished picture; nil if it could not be made.
  mutating func made(_ part: SharedBytes?) {
    isBusy = false
    guard let part else { return }
    // bounded: a count of pictures
    count += 1
    newest = Picture(number: count, part: part)
  }

  /// Forgets the newest picture, which becomes older than the newest frame: there are no readers.
  mutating func rest() { newest = nil }

  /// The picture for a reader.
  ///
  /// - Parameters:
  ///   - sent: the number of the newest picture that it was sent; 0 for none.
  ///   - queued: the bytes that its connection has not taken.
  /// - Returns: the newest picture; nil if the reader has it, or has not taken an earlier one yet.
  func next(after sent: UInt64, queued: Int) -> Picture? {
    guard queued == 0, let newest, newest.number > sent else { return nil }
    return newest
  }
}
