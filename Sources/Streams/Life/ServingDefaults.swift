// SPDX-License-Identifier: Apache-2.0

import Media

/// Defaults of the settings of a stream that only the server reads.
///
/// The configuration prints them, and the server uses them.
package enum ServingDefaults {
  /// The number of segments in `/timestamps.json`.
  package static let timestamps = 20
  /// Latency@target of a stream with one rendition; microseconds.
  package static let targetLatencyMicroseconds: Int64 = 1_000_000

  /// Latency@target in microseconds: players need two segments to switch between renditions.
  package static func targetLatency(of stream: StreamConfiguration) -> Int64 {
    guard stream.renditions.count > 1 else { return targetLatencyMicroseconds }
    return max(targetLatencyMicroseconds, 2 * stream.segmentation.segmentNanoseconds / 1000)
  }
}
