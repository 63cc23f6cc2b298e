// SPDX-License-Identifier: Apache-2.0

package import Statistics
package import Time

/// The viewers for which the server chooses renditions, by their numbers: a pure table.
///
/// One viewer has one number for all its connections. A viewer is forgotten 30 s after its last
/// request, or earlier if the table is full.
package struct SwitchedViewers: Sendable {
  /// The maximum number of viewers; further ones get the start rendition.
  package static let capacity = 10_000
  private static let memory = Interval.seconds(30)
  private static let sweepInterval = Interval.seconds(5)

  private var viewers: [UInt64: SwitchedViewer] = [:]
  private var nextSweep = MonotonicTime.distantPast

  package init() {}

  /// The number of known viewers.
  package var count: Int { viewers.count }

  /// The rendition of a segment for a viewer, and that of the choice before; see
  /// ``SwitchedViewer/choose(_:distance:duration:of:now:)``.
  package mutating func choose(
    _ segment: Int64, for number: UInt64, _ report: CMCDReport?, distance: Interval,
    duration: Interval, of ladder: SwitchedLadder, now: MonotonicTime
  ) -> (rendition: Int, before: Int?) {
    sweep(now)
    guard viewers[number] != nil || viewers.count < Self.capacity else {
      return (ladder.available(at: ladder.start), nil)
    }
    var viewer = viewers[number] ?? SwitchedViewer(ladder, now: now)
    let before = viewer.newest
    if let report { viewer.take(report, segment, of: ladder, now: now) }
    let rendition = viewer.choose(
      segment, distance: distance, duration: duration, of: ladder, now: now)
    viewers[number] = viewer
    return (rendition, before)
  }

  /// Takes a measurement of a viewer.
  ///
  /// - Returns: whether the measured bytes need no further measurement.
  package mutating func observe(
    _ measurement: DeliveryMeasurement, of number: UInt64, _ ladder: SwitchedLadder,
    now: MonotonicTime
  ) -> Bool {
    viewers[number]?.observe(measurement, of: ladder, now: now) ?? true
  }

  /// The rendition that a viewer got last; nil if it is not known.
  package func newest(of number: UInt64) -> Int? { viewers[number]?.newest }

  private mutating func sweep(_ now: MonotonicTime) {
    guard nextSweep <= now else { return }
    nextSweep = now + Self.sweepInterval
    viewers = viewers.filter { now - $0.value.seenAt < Self.memory }
  }
}
