// SPDX-License-Identifier: Apache-2.0

import Time

/// Finds the key frames and the segments of passed-through video that are nearest to splices: a
/// pure state machine.
///
/// The nearest one may begin after the splice. A splice waits until no later one can be nearer.
package struct NearestKeyFrames: Sendable {
  /// What is nearest to a splice; of two, the earlier one.
  package struct Found: Sendable, Equatable {
    /// The frame of the splice.
    package let splice: Int64
    /// The nearest key frame.
    package let key: Int64
    /// The nearest first frame of a segment.
    package let start: Int64
    /// The number of that segment.
    package let segment: Int64

    /// The key frame `key` and the first frame `start` of `segment`, nearest to `splice`.
    package init(splice: Int64, key: Int64, start: Int64, segment: Int64) {
      self.splice = splice
      self.key = key
      self.start = start
      self.segment = segment
    }
  }

  /// The most splices that wait, that are remembered since senders repeat messages, and the most
  /// key frames and segments that are remembered, for splices that are announced late.
  private static let capacity = 16

  /// The splices that wait, in order.
  private var waiting: [Int64] = []
  private var found: [Int64] = []
  private var keys: [Int64] = []
  private var starts: [(frame: Int64, segment: Int64)] = []

  /// No frames and no splices.
  package init() {}

  /// Adds a splice, unless it waits or was found.
  ///
  /// Of too many the furthest one is forgotten.
  package mutating func plan(_ splice: Int64) {
    guard !waiting.contains(splice), !found.contains(splice) else { return }
    waiting = Array((waiting + [splice]).sorted().prefix(Self.capacity))
  }

  /// Forgets a splice that waits.
  package mutating func cancel(_ splice: Int64) { waiting.removeAll { $0 == splice } }

  /// Notes that the next frame begins a discontinuity period, in which frames have other indices.
  package mutating func beginPeriod() { self = NearestKeyFrames() }

  /// Takes the next frame.
  ///
  /// - Parameters:
  ///   - frame: its index.
  ///   - isKey: whether it is a key frame.
  ///   - segment: the segment that begins with it; nil if none does.
  /// - Returns: the splices whose nearest key frame and segment are known now.
  package mutating func take(_ frame: Int64, isKey: Bool, startOf segment: Int64?) -> [Found] {
    if isKey { keys = keys.suffix(Self.capacity - 1) + [frame] }
    if let segment { starts = starts.suffix(Self.capacity - 1) + [(frame, segment)] }
    guard !waiting.isEmpty else { return [] }
    let known = waiting.compactMap { splice -> Found? in
      guard let key = Self.nearest(to: splice, of: keys, newest: frame),
        let index = Self.nearest(to: splice, of: starts.map(\.frame), newest: frame)
      else { return nil }
      return Found(
        splice: splice, key: keys[key], start: starts[index].frame, segment: starts[index].segment)
    }
    waiting.removeAll { splice in known.contains { $0.splice == splice } }
    found = (found + known.map(\.splice)).suffix(Self.capacity)
    return known
  }

  /// The index of the nearest one of `frames`, which are in order; nil while a frame after the
  /// newest one may be nearer.
  private static func nearest(to splice: Int64, of frames: [Int64], newest: Int64) -> Int? {
    guard let last = frames.last,
      last >= splice || newest.subtractingSaturated(splice) >= splice.subtractingSaturated(last)
    else { return nil }
    return frames.indices.min {
      frames[$0].subtractingSaturated(splice).magnitude
        < frames[$1].subtractingSaturated(splice).magnitude
    }
  }
}
