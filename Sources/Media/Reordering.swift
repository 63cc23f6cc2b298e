// SPDX-License-Identifier: Apache-2.0

package import Time

/// How far the decoding order of a stream with B-frames differs from its presentation order, in
/// frames.
package struct Reordering: Sendable, Hashable, Codable {
  /// The most frames by which a frame is decoded before its place in presentation order.
  package let lead: Int64
  /// The most frames by which a frame is decoded after its place in presentation order.
  package let delay: Int64

  /// The largest credible number of frames: the decoded picture buffers of H.264 and HEVC have 16.
  package static let maximum: Int64 = 32
  /// Frames in presentation order.
  package static let none = Reordering(lead: 0, delay: 0)

  /// A difference of at most ``maximum`` frames in both directions.
  package init(lead: Int64, delay: Int64) {
    self.lead = min(max(0, lead), Self.maximum)
    self.delay = min(max(0, delay), Self.maximum)
  }

  /// The frames by which the encoder and the decoder together delay a frame.
  package var frames: Int64 { lead + delay }
}

/// The place of an access unit in decoding order.
package struct DecodingPosition: Sendable, Hashable {
  /// Its timestamp if frames were presented in the order of decoding: it rises from unit to unit.
  package var pts: SourceTime
  /// Presentation minus decode time, in frames.
  package let shift: Int64
}

/// Places access units with B-frames on a timeline of their decoding: a pure state machine.
///
/// Each key frame is decoded at its presentation time, so a group of pictures covers the same time
/// in both orders. Other units follow by their decode timestamps, or one frame after another if
/// there are none. The order that the codec counts replaces that of the timestamps while both agree
/// for nearly all units: then a difference is a wrong timestamp.
/// - Source: ISO/IEC 23000-19 §7.5.17 (signed composition offsets, no edit list)
package struct DecodingOrder: Sendable {
  private let rate: FrameRate
  /// The timestamps of the newest key frame; nil before the first.
  private var key: (pts: SourceTime, dts: SourceTime?)?
  /// The number of the newest unit since the key frame, which is 0.
  private var index: Int64 = 0
  /// The units since the key frame.
  private var units: Int64 = 0
  /// What the codec counts per frame.
  private var countsPerFrame: Int64 = 2
  /// How many units more have agreed with the codec's order than have not.
  private var agreements = 0

  /// The agreements from which the codec's order counts, and the most that are remembered.
  private static let (minimumAgreements, maximumAgreements) = (8, 500)

  /// The order of frames at `rate`.
  package init(rate: FrameRate) { self.rate = rate }

  /// Places the next unit in decoding order.
  ///
  /// - Parameters:
  ///   - pts: its presentation timestamp.
  ///   - dts: its decode timestamp; nil if it has none.
  ///   - count: its place in presentation order since the key frame, as the codec counts; nil if it
  ///     is unknown.
  ///   - isKey: whether it is a key frame.
  /// - Returns: its place; its timestamp alone if that is not credible.
  package mutating func place(
    pts: SourceTime, dts: SourceTime?, count: Int64? = nil, isKey: Bool
  ) -> DecodingPosition {
    if isKey {
      key = (pts, dts)
      (index, units) = (0, 0)
    }
    guard !isKey, let key else { return DecodingPosition(pts: pts, shift: 0) }
    let next = index.addingSaturated(1)
    units = units.addingSaturated(1)
    let counted = dts.flatMap { dts in key.dts.map { rate.nearestCount(dts - $0) } }
    let isNear = counted.map { $0.subtractingSaturated(next).magnitude <= Reordering.maximum }
    index = isNear == true ? counted ?? next : next
    var shift = rate.nearestCount(pts - key.pts).subtractingSaturated(index)
    if shift.magnitude > Reordering.maximum, let dts, let first = key.dts {
      // A displaced unit keeps the distance of its two timestamps.
      shift = rate.nearestCount((pts - dts) - (key.pts - first))
    }
    // If units are missing, or if a decode timestamp is wrong, also that of the key frame, the
    // number is uncertain. The two timestamps of a unit keep their distance.
    if let count, counted == nil || counted == units {
      shift = agreed(count, shift)
    }
    guard shift.magnitude <= Reordering.maximum else { return DecodingPosition(pts: pts, shift: 0) }
    // bounded: intervals saturate
    return DecodingPosition(pts: pts - rate.frameDuration * shift, shift: shift)
  }

  /// The shift of a unit with the number ``index`` by the codec's order, if that has agreed with
  /// most timestamps; else `shift`, which is that of its timestamps.
  private mutating func agreed(_ count: Int64, _ shift: Int64) -> Int64 {
    if !count.isMultiple(of: 2), countsPerFrame == 2 { (countsPerFrame, agreements) = (1, 0) }
    // bounded: one or two
    let other = (count / countsPerFrame).subtractingSaturated(index)
    let isCounted = agreements >= Self.minimumAgreements
    // A timestamp that is far off says nothing about the codec's order.
    if shift.magnitude <= Reordering.maximum { agreements += other == shift ? 1 : -1 }
    agreements = min(max(agreements, 0), Self.maximumAgreements)
    return isCounted && other.magnitude <= Reordering.maximum ? other : shift
  }
}
