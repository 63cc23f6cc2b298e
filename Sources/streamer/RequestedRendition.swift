// SPDX-License-Identifier: Apache-2.0

import Media

/// A rung of a ladder as it was asked for.
struct RequestedRendition: Sendable {
  /// Its picture.
  enum Size: Sendable {
    case size(VideoSize)
    /// A width; the height follows from the shape of the source.
    case width(Int)

    /// Reads `640x360` or `640`.
    init?(_ text: String) {
      if let size = VideoSize(text) {
        self = .size(size)
      } else if let width = Decimal.whole(text), let size = VideoSize(width: Int(width), height: 64)
      {
        self = .width(size.width)
      } else {
        return nil
      }
    }
  }

  let picture: Size
  let bitrateKilobits: Int

  /// The picture's size for a source of the shape of `shape`; nil where it would be none.
  func size(shape: VideoSize) -> VideoSize? {
    switch picture {
    case .size(let size): size
    case .width(let width):
      // The nearest even height.
      VideoSize(width: width, height: (width * shape.height + shape.width) / (2 * shape.width) * 2)
    }
  }
}
