// SPDX-License-Identifier: Apache-2.0

package import Media

/// The properties of decoded frames that players or encoders need.
package struct FrameProperties: Sendable, Equatable, Codable {
  /// The meaning of the sample values.
  package var colour = ColourDescription.unspecified
  /// The bits of a sample.
  package var bitDepth = 8
  /// The size of the chroma planes.
  package var chroma = ChromaFormat.yuv420
  /// Whether the fields of a frame were captured at different times.
  package var isInterlaced = false
}

/// The size of the chroma planes of a frame, as it is usually written.
package enum ChromaFormat: String, Sendable, Codable {
  case yuv420 = "4:2:0"
  case yuv422 = "4:2:2"
  case yuv440 = "4:4:0"
  case yuv444 = "4:4:4"

  /// The format of planes of half the width, and half the height.
  init(isHalfWidth: Bool, isHalfHeight: Bool) {
    self = isHalfWidth ? (isHalfHeight ? .yuv420 : .yuv422) : (isHalfHeight ? .yuv440 : .yuv444)
  }
}

extension InputDescription.Video {
  /// The colours of the frames: those of the codec, completed by the declared ones if the codec
  /// leaves some open, as VP9 does with primaries and transfer characteristics.
  package var colour: ColourDescription { frames.colour.completed(by: declaredColour) }

  /// The colours for a CMAF header; nil for standard dynamic range, which needs none, unless it is
  /// the base layer of Dolby Vision.
  var headerColour: ColourDescription? {
    let colour = colour
    return colour.range == .sdr && (dolbyVision == nil || colour == .unspecified) ? nil : colour
  }
}
