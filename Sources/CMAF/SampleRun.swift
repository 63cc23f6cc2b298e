// SPDX-License-Identifier: Apache-2.0

package import Time

/// Consecutive coded frames of equal duration in one chunk; decoding can start with each of them.
///
/// The content of an AAC track's chunks.
package struct SampleRun: Sendable {
  /// The coded frames in order; at least one.
  package let payloads: [[UInt8]]
  /// Base media decode time of the first frame, in ticks of the track's timescale since 1970.
  package let decodeTime: Int64
  /// The duration of each frame, in ticks of the track's timescale.
  package let sampleDuration: UInt32
  /// The capture time of the first frame.
  package let captured: WallTime
  /// The number in `mfhd`; rises from chunk to chunk; may wrap.
  package let sequence: UInt32
}
