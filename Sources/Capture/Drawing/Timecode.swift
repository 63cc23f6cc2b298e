// SPDX-License-Identifier: Apache-2.0

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
    let day: Int64 = 86_400_000
    let ofDay = (milliseconds % day + day) % day
    var text: [UInt8] = []
    text.reserveCapacity(length)
    func digits(_ value: Int64, _ unit: Int64) {
      var unit = unit
      while unit > 0 {
        text.append(UInt8(ascii: "0") + UInt8(value / unit % 10))
        unit /= 10
      }
    }
    digits(ofDay / 3_600_000, 10)
    text.append(UInt8(ascii: ":"))
    digits(ofDay / 60_000 % 60, 10)
    text.append(UInt8(ascii: ":"))
    digits(ofDay / 1000 % 60, 10)
    text.append(UInt8(ascii: "."))
    digits(ofDay % 1000, 100)
    return text
  }

  /// Paints box and text.
  func paint(_ milliseconds: Int64, on canvas: Canvas) {
    canvas.fill(box, .black)
    canvas.paintText(Self.text(milliseconds), x: origin.x, y: origin.y, scale: scale)
  }
}
