// SPDX-License-Identifier: Apache-2.0

import Media

/// A line of text in a scalable font on a black box.
///
/// Its letters never grow, and its box never shrinks, so that a text that changes with each frame
/// does not jitter. Confined to one thread.
final class FontLine {
  /// The height of a capital by the pixels per em, in DejaVu Sans and most sans-serif fonts.
  private static let capital = (height: 73, em: 100)
  /// The steps of the box's width, in pixels.
  private static let step = 8

  private let font: OverlayFont
  private let frame: VideoSize
  private var widest = 0

  /// A line whose capitals are `capitals` pixels high, or lower if the text does not fit.
  init(_ font: OverlayFont, capitals: Int, size: VideoSize) {
    self.font = font
    frame = size
    font.setSize(capitals * Self.capital.em / Self.capital.height)
  }

  /// Paints the text above row `bottom`; letters beyond the right edge are cut.
  func paint(_ text: String, above bottom: Int, on canvas: Canvas) {
    let left = max(2, frame.width / 50) & ~1
    let padding = max(1, font.size / 5)
    let room = max(1, frame.width - 2 * left - 2 * padding)
    var letters = font.letters(text)
    var width = Self.width(letters)
    if width > room {
      font.setSize(font.size * room / width)
      letters = font.letters(text)
      width = Self.width(letters)
    }
    widest = min(room, max(widest, (width + Self.step - 1) / Self.step * Self.step))
    let (above, below) = font.line
    let top = max(0, bottom - above - below - padding) & ~1
    let box = Area(x: left..<left + widest + 2 * padding, y: top..<max(top, bottom))
    canvas.fill(box, .black)
    var pen = left + padding
    for letter in letters where pen + letter.left + letter.width <= box.x.upperBound {
      canvas.mixLuma(
        letter.coverage, columns: letter.width, x: pen + letter.left,
        y: top + padding / 2 + above - letter.top, Colour.white.y)
      pen += letter.advance
    }
  }

  private static func width(_ letters: [OverlayFont.Letter]) -> Int {
    letters.reduce(0) { $0 + $1.advance }
  }
}
