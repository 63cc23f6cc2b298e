// SPDX-License-Identifier: Apache-2.0

package import Sharing

/// What an operator wants to know of one rendition; counted by its thread.
package struct RenditionStatistics: Sendable {
  /// How often its encoder fell behind by a second.
  package var overloads: UInt64 = 0
  /// Segments that were left out since the machine did not encode all renditions in time.
  package var segmentsLeftOut: UInt64 = 0
  /// Seconds from handing a picture to the encoder to having its bytes.
  package var encoderDelay = Histogram.seconds
  /// Seconds from the tick of a part's last frame to its publication.
  package var partLateness = Histogram.seconds
  /// Seconds that the parts last.
  package var partDuration = Histogram.seconds
  /// Bytes published.
  package var mediaBytes: UInt64 = 0

  /// Nothing has happened yet.
  package init() {}
}
