// SPDX-License-Identifier: Apache-2.0

package import Net
import Sharing
package import Time

/// The budget for past media, one for all loops.
///
/// Past media has left its window, and only responses keep it in memory.
///
/// ```
/// exceeded ──► after `interval` each loop names its slowest response ──► the slowest of all is cut
/// ```
package final class PastMediaBudget: Sendable {
  /// The time for which the budget must be exceeded, and between two looks at it.
  static let interval = Interval.milliseconds(50)
  /// Responses whose deadlines differ by at most this are cut together.
  ///
  /// Each text has a deadline of its own, and each cut visits all responses: 10,000 responses cut
  /// one after the other would stop the loop.
  static let cutTogether = Interval.milliseconds(250)

  private let limit: Int
  private let byteCount: @Sendable () -> Int
  private let order = Locked(SlowestFirst())

  /// A budget of a number of megabytes (1,000,000 bytes).
  ///
  /// `byteCount` is the number of bytes of past media.
  package init(
    megabytes: Int, byteCount: @escaping @Sendable () -> Int = { PastMedia.byteCount }
  ) {
    limit = min(max(0, megabytes), 1_000_000) * 1_000_000
    self.byteCount = byteCount
  }

  /// Wakes `loops` when a window removes media and the budget is exceeded.
  package func wake(_ loops: [EventLoop]) {
    PastMedia.watch(above: limit) {
      for loop in loops { loop.wake() }
    }
  }

  /// Whether there is past media.
  var isUsed: Bool { byteCount() > 0 }

  /// Whether there is more past media than the budget permits.
  var isExceeded: Bool { byteCount() > limit }

  /// Whether a loop may cut its slowest response, which keeps past media with this deadline.
  func mayCut(_ deadline: MonotonicTime, by loop: String, now: MonotonicTime) -> Bool {
    isExceeded && order.withLock { $0.mayCut(deadline, by: loop, now: now) }
  }

  /// A loop has no response with past media.
  func hasNone(_ loop: String) { order.withLock { $0.remove(loop) } }
}

/// Which loop has the slowest response: pure.
///
/// The earlier the deadline of the past media that a response keeps, the slower the response.
package struct SlowestFirst: Sendable {
  /// The time after which the statement of a loop no longer counts.
  private static let validity = Interval.milliseconds(500)

  private var slowest: [String: (deadline: MonotonicTime, stated: MonotonicTime)] = [:]

  /// No statements.
  package init() {}

  /// Notes the deadline of a loop's slowest response.
  ///
  /// - Returns: whether no other loop has a slower one.
  package mutating func mayCut(
    _ deadline: MonotonicTime, by loop: String, now: MonotonicTime
  ) -> Bool {
    slowest[loop] = (deadline, now)
    return !slowest.contains { other, statement in
      other != loop && statement.deadline < deadline && now - statement.stated < Self.validity
    }
  }

  /// A loop has no response with past media.
  package mutating func remove(_ loop: String) { slowest[loop] = nil }
}
