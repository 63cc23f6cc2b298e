// SPDX-License-Identifier: Apache-2.0

package import Time

/// Measures a minimum throughput: a number of bytes within each span of time.
///
/// Pure: the time is an argument. Fast bytes of one span do not count in the next.
package struct ThroughputMeter: Sendable {
  /// When enough bytes had moved, or the measurement began.
  package private(set) var since: MonotonicTime
  private var moved = 0

  /// A measurement that begins at `now`.
  package init(now: MonotonicTime) { since = now }

  /// Counts bytes that moved.
  ///
  /// - Parameters:
  ///   - count: the number of bytes.
  ///   - least: the minimum of one span; 0 for any bytes.
  ///   - now: the present time.
  package mutating func move(_ count: Int, least: Int, now: MonotonicTime) {
    moved += count
    guard moved >= least else { return }
    moved = 0
    since = now
  }

  /// Restarts the measurement, as after a pause.
  package mutating func restart(now: MonotonicTime) { self = ThroughputMeter(now: now) }
}
