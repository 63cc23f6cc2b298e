// SPDX-License-Identifier: Apache-2.0

import Media

/// A rendition of a ladder as requested: its size, or only its width, and its bitrate.
package struct RequestedRendition: Sendable {
  /// The requested size of the frames.
  enum Size: Sendable {
    case size(VideoSize)
    /// A width; the height follows from the aspect ratio of the source.
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

  let size: Size
  let bitrateKilobits: Int

  /// The size for a source with the aspect ratio of `source`; nil if the height would be below 64.
  func size(source: VideoSize) -> VideoSize? {
    switch size {
    case .size(let size): size
    case .width(let width):
      // The nearest even height.
      VideoSize(
        width: width, height: (width * source.height + source.width) / (2 * source.width) * 2)
    }
  }
}
