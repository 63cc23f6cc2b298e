// SPDX-License-Identifier: Apache-2.0

import Sharing
package import Time

/// The kind of a question about the past; lower ones are answered first.
package enum ArchiveRank: Int, Sendable, CaseIterable, Comparable {
  /// A segment, a CMAF header, an instant or a still.
  case segment
  /// A playlist, an MPD, or the extent of the past.
  case list
  /// A clip.
  case clip

  package static func < (left: ArchiveRank, right: ArchiveRank) -> Bool {
    left.rawValue < right.rawValue
  }
}

/// The client of a question about the past: it may have gone, and waits until a deadline.
///
/// The values of a request are those of all questions that it leads to: see ``current``.
package final class ArchiveClient: Sendable {
  /// The client of the questions that the calling thread asks; nil for the program itself.
  @TaskLocal package static var current: ArchiveClient?

  /// The address, by which questions take turns.
  package let address: String
  /// When no client waits for an answer any more.
  package let deadline: MonotonicTime
  private let hasGone = Locked(false)
  /// When the answer was worked on last; nil before.
  private let worked = Locked<MonotonicTime?>(nil)

  /// A client that is there.
  package init(address: String, deadline: MonotonicTime) {
    (self.address, self.deadline) = (address, deadline)
  }

  /// A client of the same address that other clients wait with.
  package var shared: ArchiveClient { ArchiveClient(address: address, deadline: deadline) }

  /// Whether a thread was at work for it in the last seconds before `now`.
  package func isWorkedFor(_ now: MonotonicTime) -> Bool {
    worked.withLock { $0.map { now - $0 < .seconds(2) } ?? false }
  }

  /// The client has disconnected.
  package func leave() { hasGone.withLock { $0 = true } }

  /// Whether an answer has a reader at `now`.
  package func isWaiting(_ now: MonotonicTime) -> Bool {
    now < deadline && !hasGone.withLock { $0 }
  }

  /// Ends the work for a client that does not wait any more; called every few segments.
  package static func check() throws(ArchiveFailure) {
    guard let current else { return }
    let now = SystemClock.monotonicTime
    guard current.isWaiting(now) else { throw .abandoned }
    current.worked.withLock { $0 = now }
  }
}

/// A question about the past that waits for a thread.
package struct ArchiveJob: Sendable {
  /// Its rank.
  package let rank: ArchiveRank
  /// The work, in segments that are read or listed; at least 1.
  package let cost: Int64
  /// The stream.
  package let stream: String
  /// The client; nil for the program itself.
  package let client: ArchiveClient?
  /// Answers the question.
  package let run: @Sendable () -> Void
  /// Ends it without an answer: ``ArchiveFailure/busy``, or ``ArchiveFailure/abandoned``.
  package let refuse: @Sendable (ArchiveFailure) -> Void

  /// A job with these values.
  package init(
    _ rank: ArchiveRank, cost: Int64 = 1, stream: String, client: ArchiveClient? = nil,
    run: @escaping @Sendable () -> Void, refuse: @escaping @Sendable (ArchiveFailure) -> Void
  ) {
    (self.rank, self.cost, self.stream, self.client) = (rank, max(1, cost), stream, client)
    (self.run, self.refuse) = (run, refuse)
  }

  /// The key of the turns of its client.
  var address: String { client?.address ?? "" }
}
