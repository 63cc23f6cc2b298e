// SPDX-License-Identifier: Apache-2.0

package import Media
import Time

/// Paints a rendition's overlay: white letters on a black box at the left, above the area of
/// players' controls.
///
/// Confined to one thread.
package struct OverlayPainter: ~Copyable {
  /// The frame's height divided by the height of a letter, and by the height of the margin below.
  private static let rows = (letter: 28, free: 6)

  private let overlay: Overlay
  private let name: String
  private let size: VideoSize
  private let scaler: Scaler

  /// A painter for frames of `size` of the stream `name`.
  /// - Throws: ``FFmpegError`` if no frame of this size is possible.
  package init(_ overlay: Overlay, name: String, size: VideoSize) throws(FFmpegError) {
    self.overlay = overlay
    self.name = name
    self.size = size
    scaler = try Scaler(to: size)
  }

  /// Scales a frame to the rendition's size and paints the overlay over it.
  ///
  /// - Parameters:
  ///   - frame: a frame of any size; unchanged.
  ///   - milliseconds: the frame time in milliseconds since 1970.
  /// - Returns: a new frame.
  /// - Throws: ``FFmpegError`` if the frame cannot be scaled.
  package func paint(_ frame: VideoFrame, milliseconds: Int64) throws(FFmpegError) -> VideoFrame {
    let letters = Self.letters(text(milliseconds))
    return try unsafe scaler.scale(
      frame.avFrame, fullRange: false, matrix: .bt709,
      burnedMilliseconds: frame.burnedMilliseconds
    ) { canvas in paint(letters, on: canvas) }
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

  /// Paints the letters as large as they fit; letters beyond the right edge are cut.
  private func paint(_ letters: [UInt8], on canvas: Canvas) {
    let wanted = max(1, (size.height + Self.rows.letter * 3) / (Self.rows.letter * Glyphs.height))
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
