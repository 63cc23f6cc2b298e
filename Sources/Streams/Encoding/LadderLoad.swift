// SPDX-License-Identifier: Apache-2.0

import Scheduling
import Sharing

/// The encoded renditions of a ladder, shared by their threads; see ``LadderLoadState``.
final class LadderLoad: Sendable {
  private let state: Locked<LadderLoadState>

  /// A ladder of `count` renditions, all encoded.
  init(count: Int) { state = Locked(LadderLoadState(count: count)) }

  /// Notes the load of the encoder of `rendition`.
  ///
  /// - Returns: whether to leave the rendition out from its next segment on.
  func observe(_ rendition: Int, _ load: LadderLoadState.Load) -> Bool {
    let now = SystemClock.monotonicTime
    return state.withLock { state in
      state.observe(rendition, load, now: now)
      return state.leavesOut(rendition)
    }
  }
}
