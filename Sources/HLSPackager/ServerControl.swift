// SPDX-License-Identifier: Apache-2.0

package import Media

/// What the playlists of a stream say of themselves; constant, byte for byte, for the stream's whole life.
///
/// AVPlayer fails when one of these values changes in a running stream.
/// - Source: RFC 8216bis §4.4.3.1 (target duration), §4.4.3.7 (part target), §4.4.3.8 (server control)
package struct ServerControl: Sendable, Equatable {
  /// Whole seconds.
  package let targetDuration: Int64
  /// The largest PART-TARGET of all renditions in microseconds.
  package let partTargetMicroseconds: Int64
  /// PART-HOLD-BACK in microseconds.
  package let partHoldBackMicroseconds: Int64
  /// CAN-SKIP-UNTIL in whole seconds: six Target Durations, the least that is allowed.
  package var skipUntil: Int64 { 6 * targetDuration }

  /// The constants of streams with these renditions: playlists differ in PART-TARGET alone (§6.2.4).
  ///
  /// - Parameters:
  ///   - segmentations: how the frames of each fall into parts and segments; at least one.
  ///   - holdBackMicroseconds: PART-HOLD-BACK as wished; nil for three printed part targets, rounded up to the
  ///     millisecond (the Apple authoring rules, 14.3, demand three).
  package init(segmentations: [TrackSegmentation], holdBackMicroseconds: Int64? = nil) {
    targetDuration = segmentations.map(\.targetDuration).max() ?? 1
    partTargetMicroseconds = segmentations.map(Self.partTargetMicroseconds).max() ?? 0
    let threefold = (3 * partTargetMicroseconds + 999) / 1000 * 1000
    partHoldBackMicroseconds = holdBackMicroseconds ?? threefold
  }

  /// The constants of a stream of one video rendition.
  package init(segmentation: Segmentation, holdBackMicroseconds: Int64? = nil) {
    self.init(segmentations: [.video(segmentation)], holdBackMicroseconds: holdBackMicroseconds)
  }

  /// EXT-X-PART-INF's PART-TARGET of a rendition, rounded up: no part is longer than what is printed.
  static func partTarget(of segmentation: TrackSegmentation) -> String {
    Decimal.shortString(partTargetMicroseconds(of: segmentation), digits: 6)
  }

  private static func partTargetMicroseconds(of segmentation: TrackSegmentation) -> Int64 {
    let timescale = Int64(segmentation.timescale)
    return (segmentation.partTicks * 1_000_000 + timescale - 1) / timescale
  }

  var partHoldBack: String { Decimal.shortString(partHoldBackMicroseconds, digits: 6) }
}
