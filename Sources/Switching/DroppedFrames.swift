// SPDX-License-Identifier: Apache-2.0

package import Time

/// Whether a player drops frames that it has received, by the numbers that it reports once a
/// second: a pure state machine.
///
/// A fifth of the frames within two seconds, and at least eight, are trouble of the decoder. The
/// page's choice for HTTP frames has the same limits. A hidden page shows no frames, and a player
/// that was behind drops those that it received late: such reports do not count.
package struct DroppedFrames: Sendable {
  private static let window = Interval.seconds(2)
  private static let share = 0.2
  private static let least = 8.0
  /// The time for which reports do not count after the server has dropped chunks.
  private static let recovery = Interval.seconds(5)
  /// The most reports that are kept; more within the window have no effect.
  private static let capacity = 16

  private var reports: [(at: MonotonicTime, dropped: Double, shown: Double)] = []
  private var ignoredUntil = MonotonicTime.distantPast

  package init() {}

  /// Takes a report.
  ///
  /// - Parameters:
  ///   - dropped: the frames that were not shown since the start.
  ///   - shown: the frames that were shown since the start.
  ///   - isVisible: whether the page is visible; nil if the player does not say so.
  ///   - now: the present time.
  /// - Returns: whether the decoder is in trouble; after true the counts begin again.
  package mutating func isTrouble(
    dropped: Double?, shown: Double?, isVisible: Bool?, now: MonotonicTime
  ) -> Bool {
    guard let dropped, let shown, dropped.isFinite, shown.isFinite, isVisible != false,
      now >= ignoredUntil
    else {
      reports = []
      return false
    }
    if let last = reports.last, dropped < last.dropped || shown < last.shown { reports = [] }
    while reports.count > 1, now - reports[1].at >= Self.window { reports.removeFirst() }
    if reports.count == Self.capacity { reports.removeFirst() }
    reports.append((now, dropped, shown))
    guard let first = reports.first, now - first.at >= Self.window else { return false }
    let drops = dropped - first.dropped
    // bounded: floating values
    guard drops >= Self.least, drops >= Self.share * (drops + shown - first.shown) else {
      return false
    }
    reports = []
    return true
  }

  /// The server has dropped chunks for the player: the frames around them do not count.
  package mutating func skipped(now: MonotonicTime) {
    reports = []
    ignoredUntil = now + Self.recovery
  }
}
