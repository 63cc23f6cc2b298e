// SPDX-License-Identifier: Apache-2.0

package import Time

/// Successive segments that are one Period in DASH.
///
/// It ends with a Discontinuity, or when wall clock minus media time has moved by a frame duration
/// since it began, as the clock of a passed-through source drifts.
package struct DiscontinuityPeriod: Sendable, Hashable {
  /// The number of periods before it since the stream began.
  package let index: Int64
  /// The number of its first segment; nil for the first period of the stream.
  package let firstSegment: Int64?
  /// The index of its first frame; nil for the first period of the stream.
  package let firstFrame: Int64?
  /// Wall clock minus media time at its start.
  package let offset: Interval
  /// The hash of its CMAF header; nil before the header is known.
  package let headerHash: String?

  /// A period with these properties.
  package init(
    index: Int64, firstSegment: Int64?, firstFrame: Int64?, offset: Interval, headerHash: String?
  ) {
    self.index = index
    self.firstSegment = firstSegment
    self.firstFrame = firstFrame
    self.offset = offset
    self.headerHash = headerHash
  }

  /// The first period of a stream whose media time is the wall clock.
  package static let initial = initial(offset: .zero)

  /// The first period of a session; `index` is the number of periods of earlier ones.
  static func initial(
    offset: Interval, index: Int64 = 0, headerHash: String? = nil
  ) -> DiscontinuityPeriod {
    DiscontinuityPeriod(
      index: index, firstSegment: nil, firstFrame: nil, offset: offset, headerHash: headerHash)
  }

  /// The period that begins with `segment` at `frame`; without a hash it keeps this period's
  /// header.
  func next(
    from segment: Int64, at frame: Int64, offset: Interval, headerHash: String?
  ) -> DiscontinuityPeriod {
    DiscontinuityPeriod(
      index: index + 1, firstSegment: segment, firstFrame: frame, offset: offset,
      headerHash: headerHash ?? self.headerHash)
  }
}
