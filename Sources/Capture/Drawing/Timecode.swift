// SPDX-License-Identifier: Apache-2.0

import Media
import Time

/// The human-readable clock: `HH:MM:SS.mmm`, UTC, white on a black box below the burned clock.
struct Timecode {
  /// The area of the box in the frame.
  let box: Area
  private let origin: (x: Int, y: Int)
  private let scale: GlyphScale

  /// Characters in a text.
  private static let length = 12

  /// The layout in a frame: below the burned clock without touching it, digits at least an
  /// eighteenth of the frame's height.
  init(width: Int, height: Int) {
    let vertical = max(1, (height + 18 * Glyphs.height - 1) / (18 * Glyphs.height))
    let horizontal = max(1, min(vertical, (width - 4) / (Self.length * Glyphs.advance)))
    scale = GlyphScale(horizontal: horizontal, vertical: vertical)
    let padding = max(2, vertical)
    let top = (BurnedClock.strip(height: height).upperBound + max(2, height / 60) + 1) & ~1
    let textWidth = (Self.length * Glyphs.advance - 1) * horizontal
    let left = max(0, (width - textWidth) / 2 - padding) & ~1
    let right = min(width, left + textWidth + 2 * padding + 1) & ~1
    let bottom = (top + Glyphs.height * vertical + 2 * padding + 1) & ~1
    box = Area(x: left..<right, y: top..<min(bottom, height))
    origin = (left + padding, top + padding)
  }

  /// The text of a time: twelve characters, each of them a digit, a colon or a point.
  static func text(_ milliseconds: Int64) -> [UInt8] {
    Array(UTCTime(.origin + .milliseconds(milliseconds)).timeOfDay.utf8)
  }

  /// Paints box and text.
  func paint(_ milliseconds: Int64, on canvas: Canvas) {
    canvas.fill(box, .black)
    canvas.paintText(Self.text(milliseconds), x: origin.x, y: origin.y, scale: scale)
  }
}
