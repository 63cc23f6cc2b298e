// SPDX-License-Identifier: Apache-2.0

import Time

/// The newest video frame that audio has had time to follow.
///
/// A sender that was held up sends all its media at once, and its audio can arrive after its video:
/// silence at the places of that audio would displace it. While audio arrives, a frame of the video
/// counts `wait` to twice `wait` after it was seen.
struct AwaitedAudio: Sendable {
  /// How long the audio of a video frame is awaited at least.
  private static let wait = Interval.milliseconds(50)
  /// Audio that has not arrived for as long is not awaited.
  private static let memory = Interval.seconds(2)

  private var heard: MonotonicTime?
  /// The frame that counts, and the one that does from the next look on.
  private var (settled, seen) = (MonotonicTime.origin, MonotonicTime.origin)
  private var since = MonotonicTime.origin

  /// Notes audio that has arrived.
  mutating func arrived(at now: MonotonicTime) { heard = now }

  /// The newest frame that counts, given the newest frame of all; both are times of capture.
  mutating func followed(_ newest: MonotonicTime, at now: MonotonicTime) -> MonotonicTime {
    guard let heard, now - heard < Self.memory else {
      (settled, seen, since) = (newest, newest, now)
      return newest
    }
    if now - since >= Self.wait { (settled, seen, since) = (seen, newest, now) }
    return min(settled, newest)
  }
}
