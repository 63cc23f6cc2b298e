// SPDX-License-Identifier: Apache-2.0

/// One coded picture and what its chunk says of it.
package struct Sample: Sendable {
  /// NAL units with four-byte lengths, as they stand in `mdat`.
  package let payload: [UInt8]
  /// Base media decode time: ticks of the track's timescale since 1970.
  package let decodeTime: Int64
  /// Ticks of the track's timescale.
  package let duration: UInt32
  /// When it was captured: wall clock, nanoseconds since 1970.
  package let captured: Int64
  /// The number in `mfhd`; rises by one with each chunk and may wrap.
  package let sequence: UInt32
  /// Whether decoding can begin here.
  package let isSync: Bool

  /// A sample as described.
  package init(
    payload: [UInt8], decodeTime: Int64, duration: UInt32, captured: Int64, sequence: UInt32,
    isSync: Bool
  ) {
    self.payload = payload
    self.decodeTime = decodeTime
    self.duration = duration
    self.captured = captured
    self.sequence = sequence
    self.isSync = isSync
  }
}
