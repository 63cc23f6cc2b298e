// SPDX-License-Identifier: Apache-2.0

package import Sharing

/// A chunk of audio: a whole part, or what there is of one.
package struct AudioChunk: Sendable {
  /// Index of the first AAC frame since 1970.
  package let firstFrame: Int64
  /// How many AAC frames it holds.
  package let frames: Int64
  /// When the first was captured: wall clock, nanoseconds since 1970.
  package let captured: Int64
  /// `[styp] prft moof mdat`.
  package let bytes: SharedBytes
}
