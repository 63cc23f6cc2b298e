// SPDX-License-Identifier: Apache-2.0

package import Media
import Time

/// Paints a rendition's overlay: white letters on a black box at the left, above the area of
/// players' controls.
///
/// The letters are those of the overlay's font, or of the bitmap font without one.
///
/// Confined to one thread.
package struct OverlayPainter: ~Copyable {
  /// The frame's height divided by the height of a letter, and by the height of the margin below.
  private static let rows = (letter: 28, free: 6)

  private let overlay: Overlay
  private let name: String
  private let size: VideoSize
  private let scaler: Scaler
  private let line: FontLine?

  /// Creates a painter.
  ///
  /// - Parameters:
  ///   - overlay: the text.
  ///   - name: the name of the stream.
  ///   - size: the size of the rendition.
  ///   - font: the overlay's font; nil for the bitmap font.
  /// - Throws: ``FFmpegError`` if no frame of this size is possible.
  package init(
    _ overlay: Overlay, name: String, size: VideoSize, font: OverlayFont? = nil
  ) throws(FFmpegError) {
    self.overlay = overlay
    self.name = name
    self.size = size
    scaler = try Scaler(to: size)
    line = font.map {
      FontLine($0, capitals: Self.wantedScale(size) * Glyphs.height, size: size)
    }
  }

  /// Scales a frame to the rendition's size and paints the overlay over it.
  ///
  /// - Parameters:
  ///   - frame: a frame of any size; unchanged.
  ///   - milliseconds: the frame time in milliseconds since 1970.
  /// - Returns: a new frame.
  /// - Throws: ``FFmpegError`` if the frame cannot be scaled.
  package func paint(_ frame: VideoFrame, milliseconds: Int64) throws(FFmpegError) -> VideoFrame {
    let text = text(milliseconds)
    let bottom = size.height - size.height / Self.rows.free
    return try unsafe scaler.scale(
      frame.avFrame, fullRange: false, matrix: .bt709,
      burnedMilliseconds: frame.burnedMilliseconds
    ) { canvas in
      if let line {
        line.paint(text, above: bottom, on: canvas)
      } else {
        paint(Self.letters(text), on: canvas)
      }
    }
  }

  /// The text for the frame time `milliseconds` since 1970.
  func text(_ milliseconds: Int64) -> String {
    overlay.pieces.map { piece in
      switch piece {
      case .text(let text): text
      case .placeholder(.name): name
      case .placeholder(.utc): UTCTime(.origin + .milliseconds(milliseconds)).text
      case .placeholder(.resolution): size.description
      }
    }.joined()
  }

  /// One letter of the font per character; the box if the font lacks the character.
  static func letters(_ text: String) -> [UInt8] {
    text.map { character in
      guard let letter = character.asciiValue, letter == UInt8(ascii: " ") || Glyphs.has(letter)
      else { return Glyphs.box }
      return letter
    }
  }

  /// The size of a dot of the bitmap font if the text fits.
  private static func wantedScale(_ size: VideoSize) -> Int {
    max(1, (size.height + rows.letter * 3) / (rows.letter * Glyphs.height))
  }

  /// Paints the letters as large as they fit; letters beyond the right edge are cut.
  private func paint(_ letters: [UInt8], on canvas: Canvas) {
    let wanted = Self.wantedScale(size)
    let left = max(2, size.width / 50) & ~1
    let room = (size.width - 2 * left) / Glyphs.advance
    let scale = max(1, min(wanted, room / max(1, letters.count)))
    let shown = Array(letters.prefix(room / scale))
    let padding = 2 * scale
    let bottom = size.height - size.height / Self.rows.free
    let top = max(0, bottom - Glyphs.height * scale - 2 * padding) & ~1
    let right = left + shown.count * Glyphs.advance * scale - scale + 2 * padding
    canvas.fill(Area(x: left..<right, y: top..<max(top, bottom)), .black)
    canvas.paintText(
      shown, x: left + padding, y: top + padding,
      scale: GlyphScale(horizontal: scale, vertical: scale))
  }
}
