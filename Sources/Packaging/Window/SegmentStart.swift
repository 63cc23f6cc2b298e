// SPDX-License-Identifier: Apache-2.0

package import Time

/// The start of a segment as one server tells it to another one, whose window begins the segment in
/// the same way.
package struct SegmentStart: Sendable, Equatable {
  /// See ``Segment/number``.
  package let number: Int64
  /// See ``Segment/firstFrame``.
  package let firstFrame: Int64
  /// See ``Segment/programDateTime``.
  package let programDateTime: WallTime
  /// See ``Segment/startsDiscontinuity``.
  package let startsDiscontinuity: Bool
  /// See ``Segment/period``.
  package let period: DiscontinuityPeriod
  /// See ``Segment/isPrefill``.
  package let isPrefill: Bool
  /// The number of Discontinuities of earlier segments since the stream began.
  package let discontinuities: Int64

  /// A start with these properties.
  package init(
    number: Int64, firstFrame: Int64, programDateTime: WallTime, startsDiscontinuity: Bool,
    period: DiscontinuityPeriod, isPrefill: Bool, discontinuities: Int64
  ) {
    self.number = number
    self.firstFrame = firstFrame
    self.programDateTime = programDateTime
    self.startsDiscontinuity = startsDiscontinuity
    self.period = period
    self.isPrefill = isPrefill
    self.discontinuities = discontinuities
  }

  init(_ segment: OpenSegment, discontinuities: Int64) {
    self.init(
      number: segment.number, firstFrame: segment.firstFrame,
      programDateTime: segment.programDateTime, startsDiscontinuity: segment.startsDiscontinuity,
      period: segment.period, isPrefill: segment.isPrefill, discontinuities: discontinuities)
  }
}

extension OpenSegment {
  /// A segment without a chunk that begins in this way.
  init(_ start: SegmentStart) {
    self.init(
      number: start.number, firstFrame: start.firstFrame, programDateTime: start.programDateTime,
      startsDiscontinuity: start.startsDiscontinuity, period: start.period,
      isPrefill: start.isPrefill)
  }
}
