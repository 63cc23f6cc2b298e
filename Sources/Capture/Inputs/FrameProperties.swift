// SPDX-License-Identifier: Apache-2.0

package import Media

/// The properties of decoded frames that players or encoders need.
package struct FrameProperties: Sendable, Equatable, Codable {
  /// The meaning of the sample values.
  package var colour = ColourDescription.unspecified
  /// The bits of a sample.
  package var bitDepth = 8
  /// Whether the fields of a frame were captured at different times.
  package var isInterlaced = false
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
