// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging

/// The AdaptationSet of the captions in one language, in one Period.
///
/// Its segments have the numbers and times of the video, and exist when they are complete.
/// - Source: ISO/IEC 23009-1 §5.3.3; ISO/IEC 23000-19 §11.2
struct CaptionAdaptationSet {
  let track: CaptionTrack
  /// Its number among the AdaptationSets of the Period.
  let id: Int
  /// That of the video.
  let timing: AdaptationSetTiming

  /// The bits per second that Representation@bandwidth states: those of dense captions.
  private static let bandwidth = 4000

  func write(to out: inout XMLText) {
    let set: XMLText.Attributes = [
      ("id", "\(id)"), ("contentType", "text"), ("mimeType", "application/mp4"),
      ("containerProfiles", "cmfc"), ("lang", track.language.text), ("segmentAlignment", "true"),
      ("startWithSAP", "1"),
    ]
    out.element("AdaptationSet", set) { out in
      out.element("Label", containing: track.language.name)
      for role in ["caption"] + (track.isDefault ? ["main"] : []) {
        out.descriptor("Role", AudioPurpose.roleScheme, role)
      }
      let timescale = Int32(clamping: timing.timescale)
      // A text is available when its segment is complete.
      timing.template(
        header: TextHeader.hash(track.language.language, timescale: timescale), &out)
      out.element(
        "Representation",
        [("id", track.rendition), ("codecs", "wvtt"), ("bandwidth", "\(Self.bandwidth)")])
    }
  }
}
