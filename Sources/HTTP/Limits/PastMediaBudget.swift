// SPDX-License-Identifier: Apache-2.0

package import Net
import Sharing
import Synchronization
package import Time

/// The budget for past media, one for all loops.
///
/// Past media has left its window, and only responses keep it in memory. Pieces of files are past
/// media too; they are read only while there is room for them.
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

  /// How long a response may keep a piece of a file, and how long while reads wait.
  static let pieceTime = Interval.seconds(10)
  private static let crowdedTime = Interval.seconds(1)

  private let limit: Int
  private let byteCount: @Sendable () -> Int
  private let order = Locked(SlowestFirst())
  /// The bytes of pieces that are being read.
  private let reading = Atomic<Int>(0)
  /// The number of loops with reads that wait.
  private let crowded = Atomic<Int>(0)
  private let loops = Locked<[EventLoop]>([])

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
    self.loops.withLock { $0 = loops }
    PastMedia.watch(above: limit) {
      for loop in loops { loop.wake() }
    }
  }

  // MARK: Reads of files

  /// Whether a piece of a file may be read; ``endRead(_:)`` follows when it is past media.
  ///
  /// The first pieces of responses have half of the budget: those of a thousand requests
  /// that no client reads leave room for the clients that do.
  func beginRead(_ byteCount: Int, isFirst: Bool) -> Bool {
    let all = reading.wrappingAdd(byteCount, ordering: .relaxed).newValue
    let room = isFirst ? limit / 2 : limit
    // bounded: both are bytes in memory
    guard all + self.byteCount() > room, all > byteCount || self.byteCount() > 0 else {
      return true
    }
    endRead(byteCount)
    return false
  }

  /// The end of a read.
  func endRead(_ byteCount: Int) { reading.wrappingSubtract(byteCount, ordering: .relaxed) }

  /// A loop states whether reads of it wait.
  func setCrowded(_ isCrowded: Bool) {
    guard isCrowded else { return _ = crowded.wrappingSubtract(1, ordering: .relaxed) }
    crowded.wrappingAdd(1, ordering: .relaxed)
    for loop in loops.withLock({ $0 }) { loop.wake() }
  }

  /// The deadline up to which responses are cut at `now`; nil for none.
  ///
  /// While reads wait, a response may keep a piece for a shorter time.
  func cutLimit(_ now: MonotonicTime) -> MonotonicTime? {
    if byteCount() > limit { return .distantFuture }
    guard crowded.load(ordering: .relaxed) > 0 else { return nil }
    return now + (Self.pieceTime - Self.crowdedTime)
  }

  // MARK: Cuts

  /// Whether there is past media.
  var isUsed: Bool { byteCount() > 0 }

  /// Whether a loop may cut its slowest response, which keeps past media with this deadline.
  func mayCut(_ deadline: MonotonicTime, by loop: String, now: MonotonicTime) -> Bool {
    guard let limit = cutLimit(now), deadline <= limit else { return false }
    return order.withLock { $0.mayCut(deadline, by: loop, now: now) }
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
