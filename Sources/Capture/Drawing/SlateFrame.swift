// SPDX-License-Identifier: Apache-2.0

package import Media

/// The frame shown while a source is missing: dark, with a line of text, without a clock.
package enum SlateFrame {
  /// Draws a slate.
  ///
  /// - Parameters:
  ///   - size: the size of the frame.
  ///   - text: capitals, digits and `. , : - + / ! ?`; other characters are left blank, and text
  ///     past the right edge is cut.
  /// - Returns: the finished frame.
  /// - Throws: ``FFmpegError`` if no frame of this size is possible.
  package static func make(
    size: VideoSize, text: String = "NO SIGNAL"
  ) throws(FFmpegError) -> VideoFrame {
    let pool = try VideoFramePool(size: size)
    let letters = Array(text.utf8.prefix(max(1, (size.width - 2) / Glyphs.advance)))
    let dots = max(1, letters.count * Glyphs.advance - 1)
    let scale = max(1, min(size.width * 6 / 10 / dots, size.height / 5 / Glyphs.height))
    return pool.frame { canvas in
      canvas.fill(canvas.area, Colour(28))
      canvas.paintText(
        letters, x: (size.width - dots * scale) / 2,
        y: (size.height - Glyphs.height * scale) / 2,
        scale: GlyphScale(horizontal: scale, vertical: scale))
    }
  }
}
