// SPDX-License-Identifier: Apache-2.0

import Media
import Sharing
import Time

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

  /// Asks for an IDR of all renditions at the frame of a splice.
  ///
  /// - Parameters:
  ///   - index: the frame.
  ///   - isImmediate: whether a later frame is taken if an encoder has this one.
  /// - Returns: the frame, and what becomes of it.
  func plan(_ index: Int64, isImmediate: Bool = false) -> SplicePlan {
    states.withLock { states in
      var frame = index
      if isImmediate {
        // Not the very next one: its chunk may be published before the message is in the window.
        for state in states { frame = max(frame, state.newestAsked.addingSaturated(2)) }
      }
      var outcomes: [KeyRequestState.Plan] = []
      for rendition in states.indices { outcomes.append(states[rendition].plan(frame)) }
      return SplicePlan(
        frame: frame, outcome: outcomes.first ?? .known,
        isForAll: outcomes.allSatisfy { $0 == outcomes.first },
        nearest: outcomes.first == .late ? nearest(to: frame, states.first) : frame)
    }
  }

  /// Forgets that a frame is planned.
  ///
  /// - Returns: whether the top rendition had it to come.
  func cancel(_ index: Int64) -> Bool {
    states.withLock { states in
      var isFound = false
      for rendition in states.indices {
        let isPlanned = states[rendition].cancel(index)
        if rendition == 0 { isFound = isPlanned }
      }
      return isFound
    }
  }

  /// The first frame after `index` at which a rendition has a splice; nil if there is none.
  func splice(_ rendition: Int, after index: Int64) -> Int64? {
    states.withLock { $0[rendition].planned(after: index) }
  }

  /// The IDR nearest to a frame that is encoded: a requested or a scheduled one, also one to come.
  private func nearest(to frame: Int64, _ state: KeyRequestState?) -> Int64 {
    let position = segmentation.position(of: frame)
    // bounded: positions are less than the length of a segment, and the distance is at least 1
    let before = frame - position % keyDistance
    let rest = min(keyDistance - position % keyDistance, segmentation.framesPerSegment - position)
    let after = frame + rest
    let known = (state?.keys ?? []) + [before, after]
    return known.min {
      $0.subtractingSaturated(frame).magnitude < $1.subtractingSaturated(frame).magnitude
    } ?? before
  }

  /// Whether a frame of a rendition must be an IDR; it is shown for `slots` frame times.
  func take(_ rendition: Int, frame index: Int64, slots: Int64 = 1) -> Bool {
    let position = segmentation.position(of: index)
    return states.withLock { states in
      states[rendition].take(
        index, slots: slots, isScheduled: position % keyDistance == 0,
        startsPart: position % segmentation.framesPerPart == 0)
    }
  }
}

/// The frame of a splice in an encoded stream.
struct SplicePlan {
  /// The frame.
  let frame: Int64
  /// What becomes of it in the top rendition.
  let outcome: KeyRequestState.Plan
  /// Whether the same becomes of it in all renditions.
  let isForAll: Bool
  /// The nearest IDR if the frame is encoded already; else the frame.
  let nearest: Int64
}
