// SPDX-License-Identifier: Apache-2.0

import Time

/// The requests of viewers for a key frame of one rendition, and the frames of splices: a pure
/// state machine.
///
/// An IDR answers all requests before it, and at most one a second is requested. The clock is the
/// index of the frames.
struct KeyRequestState {
  /// What becomes of the frame of a splice.
  enum Plan: Equatable {
    /// It will be an IDR.
    case planned
    /// It was planned before, or its lateness is known.
    case known
    /// It is encoded already.
    case late
    /// It will be no IDR: there are too many near it, or in all.
    case refused
  }

  /// The most planned frames: those of all listed events of a window, and the ends of their breaks.
  static let maximumPlanned = 128
  /// The most planned frames that are less than a distance from another one: a flood of splices
  /// must not cost the picture.
  static let maximumNear = 8
  /// The number of frames of before that are known.
  private static let memory = 16

  /// The least number of frames from any IDR to a requested one.
  private let distance: Int64
  private var isRequested = false
  /// The frames of splices, in order.
  private var planned: [Int64] = []
  /// The newest frames of splices that have become IDRs.
  private var done: [Int64] = []
  /// The newest frames of splices that were late.
  private var late: [Int64] = []
  /// The newest IDRs.
  private(set) var keys: [Int64] = []
  /// The newest frame that was asked for.
  private(set) var newestAsked = Int64.min

  /// No request; two IDRs are at least `distance` frames apart if the second one is requested.
  init(distance: Int64) { self.distance = distance }

  /// Asks for an IDR; without effect if one is asked for already.
  mutating func request() { isRequested = true }

  /// Asks for an IDR at a frame, also within a part.
  ///
  /// An accepted frame becomes an IDR wherever the scheduled ones are, unless it is left out: then
  /// the next one does.
  mutating func plan(_ index: Int64) -> Plan {
    guard !planned.contains(index), !done.contains(index), !late.contains(index) else {
      return .known
    }
    guard index > newestAsked else {
      late = late.suffix(Self.memory - 1) + [index]
      return .late
    }
    let near = (planned + done).count {
      $0.subtractingSaturated(index).magnitude < distance.magnitude
    }
    guard near < Self.maximumNear, planned.count < Self.maximumPlanned else { return .refused }
    planned = (planned + [index]).sorted()
    return .planned
  }

  /// Forgets that a frame is planned.
  ///
  /// - Returns: whether it was.
  mutating func cancel(_ index: Int64) -> Bool {
    guard let position = planned.firstIndex(of: index) else { return false }
    planned.remove(at: position)
    return true
  }

  /// The first planned frame after a frame; nil if there is none.
  func planned(after index: Int64) -> Int64? { planned.first { $0 > index } }

  /// Whether a planned frame is `index`, or was left out before it, and becomes an IDR.
  private mutating func takePlanned(_ index: Int64) -> Bool {
    let due = planned.prefix { $0 <= index }
    guard !due.isEmpty else { return false }
    planned.removeFirst(due.count)
    done = (done + due).suffix(Self.memory)
    return true
  }

  /// Whether a frame must be an IDR; the frames are asked for in order.
  ///
  /// - Parameters:
  ///   - index: the index of the frame.
  ///   - slots: the number of frame times for which it is shown.
  ///   - isScheduled: whether it is an IDR in any case.
  ///   - startsPart: whether it is the first frame of a part. Others are no requested IDR: players
  ///     start with a part.
  /// - Returns: whether it must be one; all requests are then answered.
  mutating func take(
    _ index: Int64, slots: Int64 = 1, isScheduled: Bool, startsPart: Bool
  ) -> Bool {
    newestAsked = max(newestAsked, index.addingSaturated(max(1, slots) - 1))
    let isDue = keys.last.map { index >= $0.addingSaturated(distance) } ?? false
    let isPlanned = takePlanned(index)
    guard isScheduled || isPlanned || isRequested && startsPart && isDue else { return false }
    isRequested = false
    keys = keys.suffix(Self.memory - 1) + [index]
    return true
  }
}
