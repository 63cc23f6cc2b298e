// SPDX-License-Identifier: Apache-2.0

/// A run of segments with one relation between media time and wall clock: what lies between two Discontinuities in HLS
/// and a Period in DASH.
package struct DiscontinuityPeriod: Sendable, Hashable {
  /// Discontinuities since the stream began.
  package let index: Int64
  /// The segment with which it began; nil for the run with which the stream began.
  package let firstSegment: Int64?
  /// The frame with which it began; nil for the run with which the stream began.
  package let firstFrame: Int64?
  /// What wall clock is ahead of media time, in nanoseconds.
  package let offset: Int64
  /// The hash of its CMAF header; nil for the one with which the stream began.
  package let headerHash: String?

  /// The run with which a stream begins whose media time is the wall clock.
  package static let initial = initial(offset: 0)

  /// The run with which a stream begins.
  static func initial(offset: Int64) -> DiscontinuityPeriod {
    DiscontinuityPeriod(
      index: 0, firstSegment: nil, firstFrame: nil, offset: offset, headerHash: nil)
  }

  /// The run that begins with `segment` at `frame`; its header is that of this one where none is given.
  func next(
    from segment: Int64, at frame: Int64, offset: Int64, headerHash: String?
  ) -> DiscontinuityPeriod {
    DiscontinuityPeriod(
      index: index + 1, firstSegment: segment, firstFrame: frame, offset: offset,
      headerHash: headerHash ?? self.headerHash)
  }
}
