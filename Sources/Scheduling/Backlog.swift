// SPDX-License-Identifier: Apache-2.0

package import Time

/// One access unit or stretch of coded audio, with the times that ``Backlog`` needs.
package protocol ReceivedUnit: Sendable {
  /// Whether it is an access unit.
  var isVideo: Bool { get }
  /// The number of its track; video has 0. Units of one track are in the order of their times.
  var track: Int { get }
  /// Its timestamp on the source's clock.
  var pts: SourceTime { get }
  /// Its arrival.
  var arrival: MonotonicTime { get }

  /// The same unit with another arrival time.
  func arrived(at time: MonotonicTime) -> Self
}

extension ReceivedUnit {
  /// All audio is one track by default.
  package var track: Int { isVideo ? 0 : 1 }
}

/// Corrects the arrival times of a burst after a silence: a pure state machine.
///
/// A sender that was stopped or cut off has buffered its access units and now sends them in a
/// burst. Their timestamps are correct; their arrival times are not. Units are buffered until
/// the source keeps pace, then each gets the arrival time that it would have had, counted back from
/// the last. The pace is measured between leading access units, whose timestamps are above all
/// earlier ones: the timestamps of B-frames fall and rise in decoding order.
///
/// Tracks with connections of their own, as those of CMAF uploads, send their bursts one after
/// another. The units are returned in the order of their corrected times.
package struct Backlog<Unit: ReceivedUnit>: Sendable {
  /// As many access units in at least half their time are no burst.
  private static var pace: Int { 5 }
  /// The largest fall of a timestamp that counts as reordering; after a larger one the timestamps
  /// start over.
  private static var maximumReordering: Interval { .seconds(1) }
  /// The longest time without a leading access unit: then timestamps do not tell the pace.
  private static var maximumStall: Interval { .seconds(1) }
  /// The most units that are buffered.
  package static var capacity: Int { 4000 }
  /// The longest silence.
  private static var longest: Interval { .seconds(30) }

  private var isBuffering = false
  private var buffered: [Unit] = []
  /// The access units since the timestamps have started over.
  private var video: [(pts: SourceTime, arrival: MonotonicTime)] = []
  /// The indices of the leading ones in ``video``.
  private var leading: [Int] = []

  /// An empty backlog.
  package init() {}

  /// Notes that the source sends again.
  package mutating func begin() {
    self = Backlog()
    isBuffering = true
  }

  /// Takes a unit.
  ///
  /// - Returns: the units to be used now, with corrected times, in the order of these.
  package mutating func take(_ unit: Unit) -> [Unit] {
    guard isBuffering else { return [unit] }
    buffered.append(unit)
    if unit.isVideo { add(unit) }
    guard let lateness else { return [] }
    defer { self = Backlog() }
    return corrected(by: lateness)
  }

  /// The buffered units with the arrival times that follow from their timestamps, in the order of
  /// these times; the order within a track stays.
  private func corrected(by lateness: Interval) -> [Unit] {
    var next: [Int: MonotonicTime] = [:]
    var found: [(index: Int, unit: Unit)] = []
    for (index, unit) in buffered.enumerated().reversed() {
      let corrected = MonotonicTime(unit.pts, plus: lateness)
      // A unit older than any silence has timestamps of another sender.
      let isPossible = corrected > unit.arrival - Self.longest
      let arrival = min(
        next[unit.track] ?? .distantFuture, unit.arrival, isPossible ? corrected : unit.arrival)
      next[unit.track] = arrival
      found.append((index, unit.arrived(at: arrival)))
    }
    found.sort { ($0.unit.arrival, $0.index) < ($1.unit.arrival, $1.index) }
    return found.map(\.unit)
  }

  private mutating func add(_ unit: Unit) {
    let highest = leading.last.map { video[$0].pts }
    // A demuxer returns the last access unit of one sender with the first of the next, whose
    // timestamps start over.
    if let highest, unit.pts < highest - Self.maximumReordering { (video, leading) = ([], []) }
    if leading.isEmpty || highest.map({ unit.pts > $0 }) ?? true { leading.append(video.count) }
    video.append((unit.pts, unit.arrival))
  }

  /// The least difference of arrival and timestamp; nil during the burst.
  private var lateness: Interval? {
    // Audio may continue without video, which alone tells the pace.
    if buffered.count > Self.capacity {
      return buffered.suffix(Self.capacity / 2).map { $0.arrival.offset(from: $0.pts) }.min()
    }
    guard let newest = leading.last else { return nil }
    let last = video[newest]
    let isStalled = video.last.map { $0.arrival - last.arrival > Self.maximumStall } ?? false
    if isStalled { return video.map { $0.arrival.offset(from: $0.pts) }.min() }
    // bounded: at most capacity
    guard let start = leading.last(where: { $0 + Self.pace <= newest }) else { return nil }
    let first = video[start]
    // bounded: intervals saturate
    guard 2 * (last.arrival - first.arrival) >= last.pts - first.pts else { return nil }
    return video[start...].map { $0.arrival.offset(from: $0.pts) }.min()
  }
}
