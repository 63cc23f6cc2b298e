// SPDX-License-Identifier: Apache-2.0

package import Sharing
package import Time

/// A chunk of audio: consecutive AAC frames of one part.
package struct AudioChunk: Sendable {
  /// The index of its first AAC frame since 1970.
  package let firstFrame: Int64
  /// The number of AAC frames.
  package let frames: Int64
  /// Whether its part ends with it.
  package let endsPart: Bool
  /// The capture time of its first frame.
  package let captured: WallTime
  /// `[styp] prft moof mdat`.
  package let bytes: SharedBytes
}
