// SPDX-License-Identifier: Apache-2.0

/// One access unit of an `avc1` track.
package struct EncodedFrame: Sendable {
  /// The timestamp given with its frame, in ticks.
  package let pts: Int64
  /// Whether it is an IDR, with which a segment may start.
  package let isIndependent: Bool
  /// Captions and slices, each after its length in four bytes; no parameter sets, delimiters or
  /// other SEI.
  package let bytes: [UInt8]
}
