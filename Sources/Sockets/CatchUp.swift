// SPDX-License-Identifier: Apache-2.0

import Net
import Time

/// Published media that a viewer needs to be at the live edge: a pure decision whether it is sent.
///
/// A viewer that was too slow continues with the newest key frame if the media since that frame
/// reaches it soon. Otherwise the next key frame is sooner.
struct CatchUp {
  /// The longest time until the viewer is at the live edge.
  static let maximumTime = Interval.milliseconds(500)
  /// The longest time for the media alone, if the connection is slower than the rendition.
  static let maximumDelay = Interval.milliseconds(250)

  /// The bytes of the media.
  let byteCount: Int
  /// The duration of the media.
  let duration: Interval
  /// The bits per second of the rendition, which arrives meanwhile.
  let bandwidth: Int64

  /// Whether the media is short enough for a connection.
  ///
  /// - Parameter state: the connection; nil if the system does not say.
  /// - Returns: if the rate is not known, whether the media lasts for at most ``maximumTime``.
  func isShort(over state: TransmissionState?) -> Bool {
    if state?.isLowerBound ?? true, duration <= Self.maximumTime { return true }
    guard let rate = state?.deliveryRate, rate > 0 else { return false }
    let bits = Int64(clamping: byteCount).multipliedSaturated(by: 8)
    if Interval(ticks: bits, timescale: rate) <= Self.maximumDelay { return true }
    let spare = rate.subtractingSaturated(bandwidth)
    return spare > 0 && Interval(ticks: bits, timescale: spare) <= Self.maximumTime
  }
}
