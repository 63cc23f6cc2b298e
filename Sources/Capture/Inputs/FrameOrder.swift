// SPDX-License-Identifier: Apache-2.0

import Media
import Time

/// The frames of the first access units of an input: whether they are reordered, and their numbers
/// by the rules with which the running stream places them.
struct FrameOrder {
  /// An access unit.
  struct Unit: Sendable {
    let pts: SourceTime
    /// Nil if it has none.
    let dts: SourceTime?
    /// Its place in presentation order; see ``AccessUnit/pictureOrder``.
    let count: Int64?
    let isKey: Bool
    /// Nil if timestamps alone decide.
    let arrival: MonotonicTime?
  }

  /// The most access units between two falls of timestamps of one group.
  private static let maximumReferences = 17
  /// The most frames in a hundred that may be lost or displaced.
  private static let maximumFaults = 10

  /// Whether the order of decoding differs from the order of presentation.
  let isReordered: Bool
  /// How far the two orders differ.
  let reordering: Reordering
  /// Whether all pictures but one, whose timestamp is wrong, are presented between their key frame
  /// and the next one.
  let hasClosedGroups: Bool
  /// Whether the last unit is a key frame with free places before it, to which pictures belong that
  /// may follow it.
  private(set) var endsOpen = false
  /// The number of each access unit in decoding order, counted from the first.
  private(set) var frames: [Int64] = []
  /// Whether the access units are frames of the rate.
  private(set) var isRegular = true
  /// Whether all timestamps are within a quarter of a frame of their frames; of reordered frames
  /// all but one, of others all but a first one that is equal to the second.
  ///
  /// libavformat counts from the second timestamp of RTP if the first one is 0.
  let isSteady: Bool
  /// The time from the first to the last timestamp.
  let span: Interval

  /// The order of access units in decoding order.
  init(_ units: [Unit], rate: FrameRate) {
    let sorted = units.map(\.pts).sorted()
    span = sorted.last.flatMap { last in sorted.first.map { last - $0 } } ?? .zero
    let isCounted = units.allSatisfy { $0.count != nil }
    let presented = Self.presentation(units, rate)
    isReordered =
      isCounted
      ? zip(units.dropFirst(), units).contains { !$0.isKey && $0.count ?? 0 < $1.count ?? 0 }
      : Self.isReordered(presented, rate)
    guard isReordered else {
      (reordering, hasClosedGroups) = (.none, true)
      let times = units.map(\.pts)
      let repeated = times.count > 2 && times[0] == times[1]
      isSteady =
        Self.misfits(
          Array(times.dropFirst(repeated ? 1 : 0)), rate, beyond: rate.frameDuration / 4) == 0
      place(times, units, rate)
      return
    }
    var order = DecodingOrder(rate: rate)
    let places = units.map {
      order.place(pts: $0.pts, dts: $0.dts, count: $0.count, isKey: $0.isKey)
    }
    let shifts = isCounted ? Self.shifts(units) : places.map(\.shift)
    reordering = Reordering(lead: shifts.max() ?? 0, delay: -(shifts.min() ?? 0))
    // Pictures of H.264 that the codec counts follow an IDR in both orders.
    hasClosedGroups = isCounted || Self.outside(presented, units, rate) <= 1
    let times = places.map(\.pts)
    isSteady = Self.misfits(times, rate, beyond: rate.frameDuration / 4) <= 1
    place(times, units, rate)
    guard !isCounted, units.last?.isKey == true, let last = frames.last else { return }
    endsOpen = frames.dropLast().last.map { last.subtractingSaturated($0) > 1 } ?? false
  }

  /// Presentation minus decode times in frames, as the codec counts.
  private static func shifts(_ units: [Unit]) -> [Int64] {
    let counts = units.map { $0.count ?? 0 }
    let perFrame: Int64 = counts.allSatisfy { $0.isMultiple(of: 2) } ? 2 : 1
    var index: Int64 = -1
    return zip(units, counts).map { unit, count in
      index = unit.isKey ? 0 : index.addingSaturated(1)
      return (count / perFrame).subtractingSaturated(index)  // bounded: one or two
    }
  }

  /// Presentation times: jitter that both timestamps of a unit have does not change their distance.
  private static func presentation(_ units: [Unit], _ rate: FrameRate) -> [SourceTime] {
    let grid = FrameGrid(rate: rate)
    return units.enumerated().map { index, unit in
      guard let dts = unit.dts, let first = units[0].dts else { return unit.pts }
      let due = first + grid.duration(ofFrames: Int64(index))
      // Units may be lost, and timestamps may jump.
      guard (dts - due).magnitude <= rate.frameDuration else { return unit.pts }
      return due + (unit.pts - dts)
    }
  }

  /// Whether presentation times in decoding order are those of reordered frames.
  private static func isReordered(_ times: [SourceTime], _ rate: FrameRate) -> Bool {
    let falls = times.indices.dropFirst().filter { times[$0] < times[$0 - 1] }
    guard !falls.isEmpty else { return false }
    if zip(falls.dropFirst(), falls).contains(where: { $0 - $1 <= maximumReferences }) {
      return true
    }
    // Jitter makes timestamps fall too, but they are not on the grid then.
    return misfits(times.sorted(), rate, beyond: rate.frameDuration / 4) == 0
  }

  /// The number of pictures that are presented before the key frame that precedes them, or after
  /// the next one, by more than jitter.
  private static func outside(
    _ times: [SourceTime], _ units: [Unit], _ rate: FrameRate
  ) -> Int {
    let most = rate.frameDuration / 2
    let keys = units.indices.filter { units[$0].isKey }
    var count = 0
    for (index, key) in keys.enumerated() {
      let start = index > 0 ? keys[index - 1] : 0
      let end = index + 1 < keys.count ? keys[index + 1] : times.count
      count += times[start..<key].count { $0 - times[key] > most }
      count += times[key..<end].count { times[key] - $0 > most }
    }
    return count
  }

  /// The number of timestamps that differ from successive frames by more than `limit`.
  private static func misfits(
    _ timestamps: [SourceTime], _ rate: FrameRate, beyond limit: Interval
  ) -> Int {
    guard let first = timestamps.first else { return 0 }
    let grid = FrameGrid(rate: rate)
    return timestamps.enumerated().count { index, timestamp in
      (timestamp - first - grid.duration(ofFrames: Int64(index))).magnitude > limit
    }
  }

  /// Numbers the frames by times in decoding order.
  private mutating func place(_ times: [SourceTime], _ units: [Unit], _ rate: FrameRate) {
    var prediction = FramePrediction(rate)
    var number: Int64 = -1
    var faults: Int64 = 0
    for (time, unit) in zip(times, units) {
      switch prediction.place(time, arrival: unit.arrival) {
      case .frames(let count):
        number = number.addingSaturated(count)
        faults = faults.addingSaturated(count - 1)  // bounded: at least 1
      case .displaced:
        number = number.addingSaturated(1)
        faults = faults.addingSaturated(1)
      case .gap, .jump:
        number = number.addingSaturated(1)
        isRegular = false
      }
      frames.append(number)
    }
    let most = max(1, number.multipliedSaturated(by: Int64(Self.maximumFaults)) / 100)
    if faults > most || prediction.isLost || prediction.hasJumped { isRegular = false }
  }
}
