// SPDX-License-Identifier: Apache-2.0

import Media
package import Time

/// The error of a period's offset: how far capture times are from those that the offset gives.
///
/// A large error counts once it has stayed: media that a line has held is late until the line has
/// caught up.
package struct OffsetDrift: Sendable {
  /// The largest error of the offset within a period; at least one frame.
  package static let tolerance = Interval.milliseconds(100)
  /// The largest rate at which the offset follows the capture times, in parts per million.
  private static let slope: Int64 = 300
  /// The share of a capture time that corrects ``error`` is one in this number.
  private static let smoothing: Int64 = 8
  /// How long the offset must be off until a period begins.
  private static let persistence = Interval.seconds(1)
  /// The least fall of an error within ``persistence`` that shows that the line catches up.
  ///
  /// ffmpeg 7 and later send 5 % faster after a pause (`-readrate_catchup`): 48 ms per second.
  private static let recovery = Interval.milliseconds(20)

  /// The error, smoothed.
  package private(set) var error = Interval.zero
  /// Since when the error has been too large without becoming smaller, and how large it was then;
  /// nil while it is within ``tolerance``.
  private var off: (since: WallTime, error: Interval)?
  private let maximumError: Interval

  init(_ rate: FrameRate) { maximumError = max(Self.tolerance, rate.frameDuration) }

  /// Whether a period with another offset must begin.
  var isTooLarge: Bool { error.magnitude > maximumError }

  mutating func reset() { (error, off) = (.zero, nil) }

  /// Accepts a large error before it has stayed.
  mutating func accept() {
    if let off { error = off.error }
  }

  /// Notes the error at an access unit; a large one counts once it has stayed.
  mutating func note(_ observed: Interval, at captured: WallTime) {
    guard observed.magnitude > maximumError else {
      off = nil
      if isTooLarge { error = observed }
      error += (observed - error) / Self.smoothing
      return
    }
    guard let off, captured >= off.since, (observed < .zero) == (off.error < .zero),
      observed.magnitude > off.error.magnitude - Self.recovery
    else {
      off = (captured, observed)
      return
    }
    if captured - off.since >= Self.persistence { error = observed }
  }

  /// What moves the offset towards the capture times after a segment of this duration.
  mutating func correction(over duration: Interval) -> Interval {
    let most = duration / 1_000_000 * Self.slope  // bounded: intervals saturate
    let step = min(max(error, -most), most)
    error -= step
    return step
  }
}
