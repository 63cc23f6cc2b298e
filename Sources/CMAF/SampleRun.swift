// SPDX-License-Identifier: Apache-2.0

/// Coded frames of equal duration that stand one behind another in a chunk, each of which decoding can begin with.
///
/// What an AAC track's chunks are made of.
package struct SampleRun: Sendable {
  /// The coded frames in order; at least one.
  package let payloads: [[UInt8]]
  /// Base media decode time of the first: ticks of the track's timescale since 1970.
  package let decodeTime: Int64
  /// Ticks of the track's timescale that each frame lasts.
  package let sampleDuration: UInt32
  /// When the first was captured: wall clock, nanoseconds since 1970.
  package let captured: Int64
  /// The number in `mfhd`; rises from chunk to chunk and may wrap.
  package let sequence: UInt32

  /// A run as described.
  package init(
    payloads: [[UInt8]], decodeTime: Int64, sampleDuration: UInt32, captured: Int64,
    sequence: UInt32
  ) {
    self.payloads = payloads
    self.decodeTime = decodeTime
    self.sampleDuration = sampleDuration
    self.captured = captured
    self.sequence = sequence
  }

  /// The duration of the whole run in ticks.
  package var duration: Int64 { Int64(payloads.count) * Int64(sampleDuration) }
}
