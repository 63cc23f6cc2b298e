// SPDX-License-Identifier: Apache-2.0

/// One coded picture: an access unit of an `avc1` track.
package struct EncodedFrame: Sendable {
  /// The time that was given with the picture, in ticks.
  package let pts: Int64
  /// Whether it is an IDR picture, with which a segment may begin.
  package let isIndependent: Bool
  /// Slices, each with its length in four bytes in front; no parameter sets, delimiters or SEI.
  package let bytes: [UInt8]
}
