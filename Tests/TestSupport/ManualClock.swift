// SPDX-License-Identifier: Apache-2.0

import Sharing
package import Time

/// A monotonic clock that a test moves; for an `EventLoop`.
package final class ManualClock: Sendable {
  private let time = Locked(SystemClock.monotonicTime)

  /// A clock that shows the present time and stands still.
  package init() {}

  /// The time that the clock shows.
  package var now: MonotonicTime { time.withLock { $0 } }

  /// Moves the clock forwards.
  package func advance(by interval: Interval) { time.withLock { $0 += interval } }
}
