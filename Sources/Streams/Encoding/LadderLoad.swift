// SPDX-License-Identifier: Apache-2.0

import Scheduling
import Sharing

/// Which rungs of a ladder are encoded, shared by their threads; see ``LadderLoadState``.
final class LadderLoad: Sendable {
  private let state: Locked<LadderLoadState>

  /// All of `count` rungs are encoded.
  init(count: Int) { state = Locked(LadderLoadState(count: count)) }

  /// Says how `rendition` keeps up; gives what it shall do from now on.
  ///
  /// - Returns: whether it is to be left out from its next segment on, and whether it is the only one left and behind.
  func observe(_ rendition: Int, isBehind: Bool) -> (isLeftOut: Bool, isAloneBehind: Bool) {
    let now = SystemClock.monotonic
    return state.withLock { state in
      state.observe(rendition, isBehind: isBehind, now: now)
      return (rendition >= state.encoded, state.isAloneBehind(rendition))
    }
  }
}
