// SPDX-License-Identifier: Apache-2.0

package import Time

/// One access unit and the fields of its chunk.
package struct Sample: Sendable {
  /// NAL units with four-byte lengths, as in `mdat`.
  package let payload: [UInt8]
  /// Base media decode time, in ticks of the track's timescale since 1970.
  package let decodeTime: Int64
  /// The duration, in ticks of the track's timescale.
  package let duration: UInt32
  /// The capture time.
  package let captured: WallTime
  /// The number in `mfhd`; one more than in the chunk before; may wrap.
  package let sequence: UInt32
  /// Whether decoding can start here.
  package let isSync: Bool
  /// Presentation minus decode time, in ticks of the track's timescale.
  package let shift: Int32

  /// A sample with these fields.
  package init(
    payload: [UInt8], decodeTime: Int64, duration: UInt32, captured: WallTime, sequence: UInt32,
    isSync: Bool, shift: Int32 = 0
  ) {
    self.shift = shift
    self.payload = payload
    self.decodeTime = decodeTime
    self.duration = duration
    self.captured = captured
    self.sequence = sequence
    self.isSync = isSync
  }
}

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
