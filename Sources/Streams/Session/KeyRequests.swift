// SPDX-License-Identifier: Apache-2.0

import Media
import Sharing
import Time

/// The requests of viewers for a key frame of one rendition: a pure state machine.
///
/// An IDR answers all requests before it, and at most one a second is requested. The clock is the
/// index of the frames.
struct KeyRequestState {
  /// The most planned frames.
  private static let maximumPlanned = 16

  /// The least number of frames from any IDR to a requested one; a fifth of it from one planned
  /// frame to the next.
  private let distance: Int64
  private var isRequested = false
  /// The frames of splices, in order.
  private var planned: [Int64] = []
  /// The newest planned frame that became an IDR; nil before the first one.
  private var newestPlanned: Int64?
  /// The newest frame that was asked for.
  private var newestAsked = Int64.min
  /// The frame of the newest IDR; nil before the first one.
  private var newest: Int64?

  /// No request; two IDRs are at least `distance` frames apart if the second one is requested.
  init(distance: Int64) { self.distance = distance }

  /// Asks for an IDR; without effect if one is asked for already.
  mutating func request() { isRequested = true }

  /// Asks for an IDR at a frame that is still to come, also within a part.
  ///
  /// Of too many the furthest one is forgotten.
  ///
  /// - Returns: false if it is past, planned already, or forgotten at once.
  mutating func plan(_ index: Int64) -> Bool {
    guard index > newestAsked, !planned.contains(index) else { return false }
    planned = Array((planned + [index]).sorted().prefix(Self.maximumPlanned))
    return planned.contains(index)
  }

  /// Whether a planned frame is `index`, or was left out before it, and becomes an IDR.
  ///
  /// A splice gets its IDR wherever the scheduled ones are; a flood of splices gets few.
  private mutating func takePlanned(_ index: Int64) -> Bool {
    let due = planned.prefix { $0 <= index }.count
    planned.removeFirst(due)
    let isApart = newestPlanned.map { index >= $0.addingSaturated(distance / 5) } ?? true
    guard due > 0, isApart else { return false }
    newestPlanned = index
    return true
  }

  /// Whether a frame must be an IDR; the frames are asked for in order.
  ///
  /// - Parameters:
  ///   - index: the index of the frame.
  ///   - isScheduled: whether it is an IDR in any case.
  ///   - startsPart: whether it is the first frame of a part. Others are no requested IDR: players
  ///     start with a part.
  /// - Returns: whether it must be one; all requests are then answered.
  mutating func take(_ index: Int64, isScheduled: Bool, startsPart: Bool) -> Bool {
    newestAsked = max(newestAsked, index)
    let isDue = newest.map { index >= $0.addingSaturated(distance) } ?? false
    let isPlanned = takePlanned(index)
    guard isScheduled || isPlanned || isRequested && startsPart && isDue else { return false }
    isRequested = false
    newest = index
    return true
  }
}

/// The requests for key frames of a session, from any thread.
final class KeyRequests: Sendable {
  private let segmentation: Segmentation
  private let keyDistance: Int64
  private let states: Locked<[KeyRequestState]>

  /// No requests.
  init(_ configuration: StreamConfiguration) {
    segmentation = configuration.segmentation
    keyDistance = configuration.keyDistance
    let rate = configuration.segmentation.grid.rate
    // bounded: a frame rate
    let distance = (Int64(rate.timescale) + rate.ticksPerFrame - 1) / rate.ticksPerFrame
    states = Locked(
      Array(
        repeating: KeyRequestState(distance: distance), count: configuration.renditions.count))
  }

  /// Asks for an IDR of a rendition.
  func request(_ rendition: Int) {
    states.withLock { states in
      if states.indices.contains(rendition) { states[rendition].request() }
    }
  }

  /// Asks for an IDR of all renditions at a frame that is still to come.
  ///
  /// - Returns: whether the top rendition has it to come, and it was not asked for before.
  func plan(_ index: Int64) -> Bool {
    states.withLock { states in
      var isNew = false
      for rendition in states.indices {
        let isPlanned = states[rendition].plan(index)
        if rendition == 0 { isNew = isPlanned }
      }
      return isNew
    }
  }

  /// Whether a frame of a rendition must be an IDR.
  func take(_ rendition: Int, frame index: Int64) -> Bool {
    let position = segmentation.position(of: index)
    return states.withLock { states in
      states[rendition].take(
        index, isScheduled: position % keyDistance == 0,
        startsPart: position % segmentation.framesPerPart == 0)
    }
  }
}
