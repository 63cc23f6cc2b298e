// SPDX-License-Identifier: Apache-2.0

import Media
import Time

/// The frames of the first access units of an input: whether they are reordered, and their numbers
/// by the rule with which the running stream places them.
struct FrameOrder {
  /// The most access units between two falls of timestamps of one group.
  private static let maximumReferences = 17
  /// The most frames in a hundred that may be lost or displaced.
  private static let maximumFaults = 10

  /// Whether the order of decoding differs from the order of presentation.
  let isReordered: Bool
  /// The number of each access unit in decoding order, counted from the first.
  private(set) var frames: [Int64] = []
  /// Whether the access units are frames of the rate.
  private(set) var isRegular = true
  /// Whether all timestamps are within a quarter of a frame of their frames.
  private(set) var isSteady = true
  /// The time from the first to the last timestamp.
  let span: Interval

  /// The order of access units with these timestamps, in decoding order.
  init(_ timestamps: [SourceTime], _ arrivals: [MonotonicTime?], rate: FrameRate) {
    let sorted = timestamps.sorted()
    span = sorted.last.flatMap { last in sorted.first.map { last - $0 } } ?? .zero
    let falls = timestamps.indices.dropFirst().filter { timestamps[$0] < timestamps[$0 - 1] }
    let isDense = zip(falls.dropFirst(), falls).contains { $0 - $1 <= Self.maximumReferences }
    // Jitter makes timestamps fall too, but they are not on the grid then.
    isReordered =
      !falls.isEmpty && (isDense || Self.fits(sorted, rate, within: rate.frameDuration / 4))
    if isReordered {
      isRegular =
        Self.fits(sorted, rate, within: rate.frameDuration / 2)
        || Self.fitsNearly(timestamps, rate)
      frames = timestamps.indices.map(Int64.init)
    } else {
      isSteady = Self.fits(timestamps, rate, within: rate.frameDuration / 4)
      place(timestamps, arrivals, rate)
    }
  }

  /// Whether timestamps are successive frames.
  private static func fits(
    _ timestamps: [SourceTime], _ rate: FrameRate, within limit: Interval
  ) -> Bool {
    guard let first = timestamps.first else { return false }
    let grid = FrameGrid(rate: rate)
    return timestamps.enumerated().allSatisfy { index, timestamp in
      (timestamp - first - grid.duration(ofFrames: Int64(index))).magnitude <= limit
    }
  }

  /// Whether timestamps of reordered frames are those of successive frames but for a few wrong
  /// ones.
  ///
  /// The last one is that of a key frame. Places free before it are those of pictures that follow
  /// it, as in an open group.
  private static func fitsNearly(_ timestamps: [SourceTime], _ rate: FrameRate) -> Bool {
    guard let first = timestamps.first else { return false }
    let count = Int64(timestamps.count)
    let places = Set(timestamps.map { rate.nearestCount($0 - first) })
    let missing = (0..<count).count { !places.contains($0) }
    // bounded: a number of access units, times a few percent
    return missing <= max(1, timestamps.count * maximumFaults / 100)
      && (count < 2 || places.contains(count - 2)) && places.contains(count - 1)
  }

  private mutating func place(
    _ timestamps: [SourceTime], _ arrivals: [MonotonicTime?], _ rate: FrameRate
  ) {
    var prediction = FramePrediction(rate)
    var number: Int64 = -1
    var faults: Int64 = 0
    for (timestamp, arrival) in zip(timestamps, arrivals) {
      switch prediction.place(timestamp, arrival: arrival) {
      case .frames(let count):
        number = number.addingSaturated(count)
        faults = faults.addingSaturated(count - 1)  // bounded: at least 1
      case .displaced:
        number = number.addingSaturated(1)
        faults = faults.addingSaturated(1)
      case .gap:
        number = number.addingSaturated(1)
        isRegular = false
      }
      frames.append(number)
    }
    let most = max(1, number.multipliedSaturated(by: Int64(Self.maximumFaults)) / 100)
    if faults > most || prediction.isLost || prediction.hasJumped { isRegular = false }
  }
}
