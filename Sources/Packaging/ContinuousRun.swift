/// A run of segments with one relation between media time and wall clock: what lies between two Discontinuities in HLS
/// and a Period in DASH.
package struct ContinuousRun: Sendable, Hashable {
  /// Discontinuities since the stream began.
  package let index: Int64
  /// The segment with which it began; nil for the run with which the stream began.
  package let firstSegment: Int64?
  /// What wall clock is ahead of media time, in nanoseconds.
  package let offset: Int64

  /// The run with which a stream begins.
  package static let initial = ContinuousRun(index: 0, firstSegment: nil, offset: 0)

  /// The run that begins with `segment`.
  package func next(from segment: Int64, offset: Int64) -> ContinuousRun {
    ContinuousRun(index: index + 1, firstSegment: segment, offset: offset)
  }
}
