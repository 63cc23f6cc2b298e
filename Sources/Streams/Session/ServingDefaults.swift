// SPDX-License-Identifier: Apache-2.0

import Media
package import Time

/// Defaults of the settings of a stream that only the server reads.
///
/// The configuration prints them, and the server uses them.
package enum ServingDefaults {
  /// The number of segments in `/timestamps.json`.
  package static let timestamps = 20
  /// Latency@target of a stream with one rendition.
  package static let targetLatency = Interval.seconds(1)

  /// Latency@target of a stream: players need two segments to switch between renditions.
  package static func targetLatency(of stream: StreamConfiguration) -> Interval {
    guard stream.renditions.count > 1 else { return targetLatency }
    return max(targetLatency, stream.segmentation.segmentDuration * 2)
  }
}
