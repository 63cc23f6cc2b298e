// SPDX-License-Identifier: Apache-2.0

package import Media
package import Time

/// The constants of a stream's playlists; their text never changes while the stream exists.
///
/// AVPlayer fails if one of these values changes in a live stream.
/// - Source: RFC 8216bis §4.4.3.1 (target duration), §4.4.3.7 (part target), §4.4.3.8 (server
///   control)
package struct ServerControl: Sendable, Equatable {
  /// The Target Duration in whole seconds.
  package let targetDuration: Int64
  /// The largest PART-TARGET of all renditions, in whole microseconds.
  package let partTarget: Interval
  /// PART-HOLD-BACK, in whole microseconds.
  package let partHoldBack: Interval
  /// Whether breaks have EXT-X-CUE-OUT and EXT-X-CUE-IN beside their date ranges.
  package let hasCueTags: Bool
  /// CAN-SKIP-UNTIL in whole seconds: six Target Durations, the minimum.
  package var skipUntil: Int64 { 6 * targetDuration }

  /// The constants of streams with these renditions: playlists differ in PART-TARGET alone
  /// (§6.2.4).
  ///
  /// - Parameters:
  ///   - segmentations: the segmentations of the renditions; at least one.
  ///   - holdBack: the requested PART-HOLD-BACK; nil for three printed part targets,
  ///     rounded up to 1 ms (Apple's authoring rules, 14.3, demand three).
  ///   - hasCueTags: whether breaks have tags beside their date ranges.
  ///   - least: the Target Duration of earlier sessions of the stream, in seconds; 0 for none.
  package init(
    segmentations: [TrackSegmentation], holdBack: Interval? = nil, hasCueTags: Bool = false,
    targetDurationAtLeast least: Int64 = 0
  ) {
    self.hasCueTags = hasCueTags
    targetDuration = max(least, segmentations.map(\.targetDuration).max() ?? 1)
    partTarget = segmentations.map(Self.partTarget).max() ?? .zero
    partHoldBack = holdBack ?? .milliseconds((3 * partTarget.microseconds + 999) / 1000)
  }

  /// PART-TARGET of EXT-X-PART-INF, rounded up: no part is longer than the printed value.
  static func partTarget(of segmentation: TrackSegmentation) -> Interval {
    let timescale = Int64(segmentation.timescale)
    return .microseconds((segmentation.partTicks * 1_000_000 + timescale - 1) / timescale)
  }
}
