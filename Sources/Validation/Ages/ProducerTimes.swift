// SPDX-License-Identifier: Apache-2.0

package import CMAF
package import Time

/// Finds the capture times of chunks in the bytes of CMAF media as they arrive: pure.
package struct ProducerTimes: Sendable {
  /// The largest `prft`.
  private static let largest = 1 << 10

  private var boxes = BoxStream()
  private var captured: WallTime?

  /// Whether the bytes so far end with a whole chunk.
  ///
  /// The end of a chunked response does not tell whether it was cut.
  package var isWhole: Bool { boxes.isBetweenBoxes && captured == nil }

  /// The capture times of the chunks whose last byte is in `bytes`.
  ///
  /// - Throws: ``BoxError`` if the bytes are not boxes.
  package mutating func take(_ bytes: [UInt8]) throws(BoxError) -> [WallTime] {
    var found: [WallTime] = []
    boxes.append(bytes)
    while let box = try boxes.box() {
      if box.type == "prft" {
        guard let content = try boxes.whole(limit: Self.largest) else { break }
        if let reference = try? ProducerReferenceTime(content) { captured = reference.time }
      } else {
        guard boxes.skip() else { break }
        if box.type == "mdat", let time = captured.take() { found.append(time) }
      }
    }
    return found
  }
}
