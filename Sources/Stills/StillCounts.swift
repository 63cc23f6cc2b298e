// SPDX-License-Identifier: Apache-2.0

/// The counts of stills since the start, for metrics.
package struct StillCounts: Sendable {
  /// The stills that were made.
  package var made: UInt64 = 0
  /// The requests that were refused, and the frames that could not be decoded.
  package var refused: UInt64 = 0
  /// The decoded frames.
  package var frames: UInt64 = 0
  /// The processes that have crashed.
  package var crashes: UInt64 = 0
  /// The processes that were ended, since a still took too long.
  package var late: UInt64 = 0
  /// Whether the process runs.
  package var isRunning = false

  /// Adds the counts of a later time; the state of the process is replaced.
  mutating func add(_ newer: StillCounts) {
    // bounded: counts of events
    made += newer.made
    refused += newer.refused
    frames += newer.frames
    crashes += newer.crashes
    late += newer.late
    isRunning = newer.isRunning
  }
}
