// SPDX-License-Identifier: Apache-2.0

import Scheduling
import Sharing

/// The encoded renditions of a ladder, shared by their threads; see ``LadderLoadState``.
final class LadderLoad: Sendable {
  private let state: Locked<LadderLoadState>

  /// A ladder of `count` renditions, all encoded.
  init(count: Int) { state = Locked(LadderLoadState(count: count)) }

  /// Notes whether `rendition` is behind.
  ///
  /// - Returns: whether to leave it out from its next segment on, and whether it is the last one
  ///   left and behind.
  func observe(_ rendition: Int, isBehind: Bool) -> (isLeftOut: Bool, isAloneBehind: Bool) {
    let now = SystemClock.monotonicTime
    return state.withLock { state in
      state.observe(rendition, isBehind: isBehind, now: now)
      return (rendition >= state.encoded, state.isAloneBehind(rendition))
    }
  }
}
