// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging

/// The AdaptationSet of the key frames of the segments as pictures, in one Period.
///
/// One picture per segment, with the numbers and times of the video.
/// - Source: DASH-IF IOP v4.3 §6.2.6
struct ThumbnailAdaptationSet {
  /// The size of a picture: that of the video, or smaller.
  let width: Int, height: Int
  /// AdaptationSet@id.
  let id: Int
  /// That of the video.
  let timing: AdaptationSetTiming

  /// The greatest width of a picture in pixels.
  private static let maximumWidth = 320
  /// The bits per pixel that Representation@bandwidth covers; most pictures have half of them.
  private static let bitsPerPixel: Int64 = 2

  /// The thumbnails of video of this size.
  init(of video: VideoSize, id: Int, timing: AdaptationSetTiming) {
    width = min(video.width, Self.maximumWidth)
    // As the encoder of the pictures rounds it.
    height =
      width == video.width
      ? video.height : max(2, (2 * video.height * width + video.width) / (2 * video.width) & ~1)
    self.id = id
    self.timing = timing
  }

  func write(to out: inout XMLText) {
    let set: XMLText.Attributes = [
      ("id", "\(id)"), ("contentType", "image"), ("mimeType", "image/jpeg"),
    ]
    let bits = Int64(width) * Int64(height) * Self.bitsPerPixel
    let representation: XMLText.Attributes = [
      ("id", "thumb"),
      ("bandwidth", "\(bits * timing.timescale / max(1, timing.segmentTicks) + 1)"),
      ("width", "\(width)"), ("height", "\(height)"),
    ]
    out.element("AdaptationSet", set) { out in
      timing.thumbnailTemplate(&out)
      out.element("Representation", representation) { out in
        out.descriptor(
          "EssentialProperty", "http://dashif.org/guidelines/thumbnail_tile", "1x1")
      }
    }
  }
}
