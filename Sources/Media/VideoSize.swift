// SPDX-License-Identifier: Apache-2.0

internal import Checked

/// Width and height of a frame in pixels, both even.
package struct VideoSize: Sendable, Hashable, CustomStringConvertible, TextCodable {
  /// The width in pixels.
  package let width: Int
  /// The height in pixels.
  package let height: Int

  /// 1280x720.
  package static let hd720 = VideoSize(checkedWidth: 1280, height: 720)

  private init(checkedWidth: Int, height: Int) {
    width = checkedWidth
    self.height = height
  }

  /// A size; nil if a side is odd, below 64 or above 7,680.
  package init?(width: Int, height: Int) {
    guard (64...7680).contains(width), (64...7680).contains(height), width % 2 == 0, height % 2 == 0
    else {
      return nil
    }
    self.width = width
    self.height = height
  }

  /// Reads `1280x720`.
  package init?(_ text: String) {
    let sides = text.lowercased().split(separator: "x", omittingEmptySubsequences: false)
    guard sides.count == 2, let width = Decimal.whole(sides[0]),
      let height = Decimal.whole(sides[1])
    else {
      return nil
    }
    self.init(width: Int(width), height: Int(height))
  }

  /// `1280x720`.
  package var description: String { "\(width)x\(height)" }

  /// The ``description``.
  package var codedText: String { description }
}
