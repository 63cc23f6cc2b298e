// SPDX-License-Identifier: Apache-2.0

/// The counts that a stream has reached, from which the windows of its next session count on.
///
/// The first segment of such a window begins with a Discontinuity: its timestamps do not follow
/// those of the segment before. The Discontinuity Sequence Number does not fall (RFC 8216bis
/// §6.2.2), and no Period has the id of an earlier one.
package struct WindowEnd: Sendable, Equatable {
  /// The newest segment of any rendition.
  package let segment: Int64
  /// The number of Discontinuities since the stream began.
  package let discontinuities: Int64
  /// The index of the newest period.
  package let period: Int64
  /// The last events.
  package var events: [TimedEvent] = []

  /// The counts of a session.
  package init(segment: Int64, discontinuities: Int64, period: Int64) {
    self.segment = segment
    self.discontinuities = discontinuities
    self.period = period
  }
}
