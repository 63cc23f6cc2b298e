// SPDX-License-Identifier: Apache-2.0

/// Whether bytes that are waited for move fast enough: at least so many within each span.
///
/// Pure: a clock is handed in. What came fast before earns nothing for later.
package struct ThroughputGuard: Sendable {
  /// Monotonic nanoseconds at which enough had moved, or the wait began.
  package private(set) var since: Int64
  private var moved = 0

  /// A wait that begins at `now`.
  package init(now: Int64) { since = now }

  /// Counts bytes that moved.
  ///
  /// - Parameters:
  ///   - count: how many.
  ///   - least: how many make a span good; with 0 any do.
  ///   - now: monotonic nanoseconds.
  package mutating func move(_ count: Int, least: Int, now: Int64) {
    moved += count
    guard moved >= least else { return }
    moved = 0
    since = now
  }

  /// Begins anew, as after a time in which nothing was waited for.
  package mutating func restart(now: Int64) { self = ThroughputGuard(now: now) }
}
