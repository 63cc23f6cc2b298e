// SPDX-License-Identifier: Apache-2.0

package import Sharing
import Time

/// Counters of one rendition, kept by its thread.
package struct RenditionStatistics: Sendable {
  /// How often its encoder fell one second behind.
  package var overloads: UInt64 = 0
  /// Segments left out because the machine was too slow.
  package var segmentsLeftOut: UInt64 = 0
  /// Frame slots without a frame of their own, because the encoder was late.
  package var slotsWithoutFrame: UInt64 = 0
  /// Seconds from a frame's start in the encoder to its access unit.
  package var encoderDelay = Histogram.seconds
  /// Seconds from the end of a part's last frame to its publication.
  package var partLateness = Histogram.seconds
  /// Durations of parts in seconds.
  package var partDuration = Histogram.seconds
  /// Bytes published.
  package var mediaBytes: UInt64 = 0

  /// Counters at zero.
  package init() {}

  /// Counts a published part.
  mutating func countPart(lateness: Interval, duration: Interval) {
    partLateness.observe(lateness.seconds)
    partDuration.observe(duration.seconds)
  }
}
