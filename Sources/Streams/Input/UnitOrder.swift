// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Scheduling
import Time

/// The units of a passed-through source in the order of their decoding, with their capture times.
///
/// Of a stream without B-frames units stay as they are. With B-frames the timestamps fall and rise,
/// which ``SourceClock`` and ``Backlog`` would take for jumps: units get a place in decoding order.
struct UnitOrder: Sendable {
  /// Nil for a stream without B-frames.
  private var order: DecodingOrder?
  /// The longest time by which a frame is decoded before its place in presentation order.
  ///
  /// Such a frame is the first to arrive after its capture: its timestamp gives the offset of the
  /// source's clock.
  private let lead: Interval

  /// The order of a stream of frames at `rate`.
  init(_ reordering: Reordering, rate: FrameRate) {
    order = reordering == .none ? nil : DecodingOrder(rate: rate)
    lead = rate.frameDuration * reordering.lead  // bounded: at most 32 frames
  }

  /// Whether units get a place.
  var isReordered: Bool { order != nil }

  /// The unit with its place.
  mutating func place(_ unit: InputUnit) -> InputUnit {
    guard case .video(var video) = unit, order != nil else { return unit }
    video.decoding = order?.place(
      pts: video.pts, dts: video.dts, count: video.pictureOrder, isKey: video.isKey)
    return .video(video)
  }

  /// The capture time of the place of a unit; see ``SourceClock/captureTime(_:pts:arrival:sent:)``.
  func captureTime(_ unit: AccessUnit, _ clock: inout SourceClock) -> MonotonicTime {
    let pts = unit.order + lead
    let sent = unit.senderMonotonic.map { $0 + (pts - unit.pts) }
    return clock.captureTime(pts: pts, arrival: unit.arrival, sent: sent) - lead
  }

  /// The capture time of the place of a unit that has arrived earlier.
  func captureTime(ofEarlier unit: AccessUnit, _ clock: SourceClock) -> MonotonicTime {
    clock.captureTime(ofEarlier: unit.order + lead, arrival: unit.arrival) - lead
  }
}
