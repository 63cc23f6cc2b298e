// SPDX-License-Identifier: Apache-2.0

internal import Checked

/// The largest size of an input's frames, in pixels: checked before a frame is allocated.
package struct FrameSizeLimit: Sendable, Equatable, CustomStringConvertible, TextCodable {
  /// The bounds of a side.
  package static let sides = 64...16_384

  /// The width in pixels.
  package let width: Int
  /// The height in pixels.
  package let height: Int

  /// 8192x4320.
  package init() { (width, height) = (8192, 4320) }

  /// Reads `8192x4320`; nil if a side is beyond ``sides``.
  package init?(_ text: String) {
    let sides = text.lowercased().split(separator: "x", omittingEmptySubsequences: false)
    guard sides.count == 2, let width = Int(sides[0]), let height = Int(sides[1]),
      Self.sides.contains(width), Self.sides.contains(height)
    else { return nil }
    (self.width, self.height) = (width, height)
  }

  /// The number of pixels.
  // bounded: both are in `sides`
  var pixels: Int { width * height }

  /// Whether a frame of this size is permitted, also if it is rotated.
  func permits(_ width: Int, _ height: Int) -> Bool {
    let (pixels, isBeyond) = width.multipliedReportingOverflow(by: height)
    return !isBeyond && pixels <= self.pixels
  }

  /// `8192x4320`.
  package var description: String { "\(width)x\(height)" }

  /// The ``description``.
  package var codedText: String { description }
}
