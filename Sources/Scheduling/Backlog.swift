// SPDX-License-Identifier: Apache-2.0

package import Time

/// One access unit or stretch of coded audio, with the times that ``Backlog`` needs.
package protocol ReceivedUnit: Sendable {
  /// Whether it is an access unit.
  var isVideo: Bool { get }
  /// Its timestamp on the source's clock.
  var pts: SourceTime { get }
  /// Its arrival.
  var arrival: MonotonicTime { get }

  /// The same unit with another arrival time.
  func arrived(at time: MonotonicTime) -> Self
}

/// Corrects the arrival times of a burst after a silence: a pure state machine.
///
/// A sender that was stopped or cut off has buffered its access units and now sends them in a
/// burst. Their timestamps are correct; their arrival times are not. Units are buffered until
/// the source keeps pace, then each gets the arrival time that it would have had, counted back from
/// the last.
package struct Backlog<Unit: ReceivedUnit>: Sendable {
  /// As many access units in at least half their time are no burst.
  private static var pace: Int { 5 }
  /// The most units that are buffered.
  package static var capacity: Int { 4000 }
  /// The longest silence.
  private static var longest: Interval { .seconds(30) }

  private var isBuffering = false
  private var buffered: [Unit] = []
  private var video: [(pts: SourceTime, arrival: MonotonicTime)] = []

  /// An empty backlog.
  package init() {}

  /// Notes that the source sends again.
  package mutating func begin() {
    self = Backlog()
    isBuffering = true
  }

  /// Takes a unit.
  ///
  /// - Returns: the units to be used now, with corrected times.
  package mutating func take(_ unit: Unit) -> [Unit] {
    guard isBuffering else { return [unit] }
    buffered.append(unit)
    if unit.isVideo {
      // A demuxer returns the last access unit of one sender with the first of the next, whose
      // timestamps start over.
      if let last = video.last, unit.pts <= last.pts { video = [] }
      video.append((unit.pts, unit.arrival))
    }
    guard let lateness else { return [] }
    defer { self = Backlog() }
    var next = MonotonicTime.distantFuture
    return buffered.reversed().map { unit in
      let corrected = MonotonicTime(unit.pts, plus: lateness)
      // A unit older than any silence has timestamps of another sender.
      let isPossible = corrected > unit.arrival - Self.longest
      next = min(next, unit.arrival, isPossible ? corrected : unit.arrival)
      return unit.arrived(at: next)
    }.reversed()
  }

  /// The least difference of arrival and timestamp; nil during the burst.
  private var lateness: Interval? {
    // Audio may continue without video, which alone tells the pace.
    if buffered.count > Self.capacity {
      return buffered.suffix(Self.capacity / 2).map { $0.arrival.offset(from: $0.pts) }.min()
    }
    guard video.count > Self.pace else { return nil }
    let newest = video.suffix(Self.pace + 1)
    guard let first = newest.first, let last = newest.last,
      2 * (last.arrival - first.arrival) >= last.pts - first.pts  // bounded: intervals saturate
    else { return nil }
    return newest.map { $0.arrival.offset(from: $0.pts) }.min()
  }
}
