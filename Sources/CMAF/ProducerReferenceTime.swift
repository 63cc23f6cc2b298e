// SPDX-License-Identifier: Apache-2.0

package import Time

/// The time of the producer for a media time: the box `prft`.
///
/// - Source: ISO/IEC 14496-12 §8.16.5
package struct ProducerReferenceTime: Sendable, Equatable {
  package let time: WallTime
  /// The media time, in ticks of the track's timescale.
  package let mediaTime: Int64
  /// Whether it may be the time of capture: flags 1, 2 and 4 are times after the encoder.
  package let isCapture: Bool

  /// Reads a `prft`.
  ///
  /// - Throws: ``BoxError`` if it is cut off.
  package init(_ box: BoxFields) throws(BoxError) {
    var fields = box
    let (version, flags) = try fields.versionAndFlags()
    try fields.skip(4)
    time = NTPTime.time(of: UInt64(bitPattern: try fields.wide()))
    mediaTime = version == 0 ? Int64(try fields.integer(4)) : try fields.wide()
    isCapture = flags & 7 == 0
  }
}
