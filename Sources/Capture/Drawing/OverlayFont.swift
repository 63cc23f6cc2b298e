// SPDX-License-Identifier: Apache-2.0

internal import CFreeType
import Glibc

/// A file that is not a scalable font.
package struct FontError: Error, CustomStringConvertible {
  package let description: String
}

/// A scalable font, and the letters that were drawn with it in one size.
///
/// A letter follows the other by its advance: no kerning, no ligatures, no writing from right to
/// left. Confined to one thread.
@safe
package final class OverlayFont {
  /// A letter as coverage, 0 to 255 per pixel, in rows of `width` pixels.
  struct Letter {
    let coverage: [UInt8]
    let width: Int
    /// The distance from the pen to the left column, and from the base line up to the top row.
    let left, top: Int
    /// The distance to the next letter's pen.
    let advance: Int
  }

  /// DejaVu Sans, where Debian's package `fonts-dejavu-core` installs it; nil if it is missing.
  package static var installed: String? {
    let path = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
    return unsafe access(path, R_OK) == 0 ? path : nil
  }

  /// The sizes in which letters are legible and bounded, in pixels per em.
  private static let sizes = 6...512
  /// The most letters that are kept; a template has few different ones.
  private static let most = 1024
  /// The widest and highest letter, in pixels; a font may claim more.
  private static let largest: Int32 = 2048

  private let library: FT_Library
  private let face: FT_Face
  private var letters: [Unicode.Scalar: Letter] = [:]
  /// Pixels per em.
  private(set) var size = 0

  /// Opens a font file.
  ///
  /// - Throws: ``FontError`` with the reason.
  package init(path: String) throws(FontError) {
    var library: FT_Library?
    guard unsafe FT_Init_FreeType(&library) == 0, let library = unsafe library else {
      throw FontError(description: "FreeType does not start")
    }
    var face: FT_Face?
    let result = unsafe FT_New_Face(library, path, 0, &face)
    guard result == 0, let face = unsafe face else {
      unsafe FT_Done_FreeType(library)
      // FT_Err_Cannot_Open_Resource
      throw FontError(
        description: result == 1 ? "it cannot be opened" : "its format is unknown")
    }
    unsafe self.library = library
    unsafe self.face = face
    // FT_FACE_FLAG_SCALABLE
    guard unsafe face.pointee.face_flags & 1 != 0 else {
      throw FontError(description: "its letters have fixed sizes")
    }
  }

  deinit {
    unsafe FT_Done_Face(face)
    unsafe FT_Done_FreeType(library)
  }

  /// Selects a size in pixels per em, limited to 6…512, and forgets the letters of the size before.
  func setSize(_ pixels: Int) {
    let pixels = min(max(pixels, Self.sizes.lowerBound), Self.sizes.upperBound)
    guard pixels != size, unsafe FT_Set_Pixel_Sizes(face, 0, UInt32(pixels)) == 0 else { return }
    size = pixels
    letters = [:]
  }

  /// The height of a line above and below its base line, in pixels.
  var line: (above: Int, below: Int) {
    unsafe (
      max(0, Int(cfreetype_ascender(face))), max(0, Int(cfreetype_descender(face)))
    )
  }

  /// The letters of a text; a character that the font lacks is its box.
  func letters(_ text: String) -> [Letter] {
    text.placedScalars.compactMap { letter($0) }
  }

  private func letter(_ scalar: Unicode.Scalar) -> Letter? {
    if let known = letters[scalar] { return known }
    var drawn = CFreeTypeLetter()
    guard unsafe cfreetype_draw(face, scalar.value, &drawn) == 0,
      max(drawn.width, drawn.height) <= Self.largest
    else { return nil }
    let count = max(0, Int(drawn.width)) * max(0, Int(drawn.height))
    let coverage =
      count == 0
      ? []
      : unsafe [UInt8](unsafeUninitializedCapacity: count) { memory, written in
        guard let target = memory.baseAddress else { return }
        unsafe cfreetype_copy(face, target)
        written = count
      }
    let letter = Letter(
      coverage: coverage, width: count == 0 ? 0 : Int(drawn.width), left: Int(drawn.left),
      top: Int(drawn.top), advance: max(0, Int(drawn.advance)))
    if letters.count >= Self.most { letters = [:] }
    letters[scalar] = letter
    return letter
  }
}

extension String {
  /// The code points that have a place of their own in a line.
  ///
  /// Without shaping, joiners and variation selectors would be boxes.
  fileprivate var placedScalars: [Unicode.Scalar] {
    unicodeScalars.filter {
      switch $0.properties.generalCategory {
      case .format, .control, .lineSeparator, .paragraphSeparator: false
      default: $0.properties.isVariationSelector == false
      }
    }
  }
}
