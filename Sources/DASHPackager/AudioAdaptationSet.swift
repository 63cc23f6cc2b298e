// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging

/// The AdaptationSet of an audio rendition in one Period.
///
/// - Source: ISO/IEC 23009-1 §5.3.3; the channel configuration by ISO/IEC 23091-3
struct AudioAdaptationSet {
  let track: TrackDescription
  /// Its number among the AdaptationSets of the Period, from 1.
  let id: Int
  let timing: AdaptationSetTiming
  /// Nil if the media is clear.
  var protection: ContentProtection?

  func write(to out: inout XMLText) {
    out.element("AdaptationSet", attributes) { out in
      protection?.write(to: &out)
      timing.lowLatencyMark(&out)
      if let label = track.label { out.element("Label", containing: label) }
      timing.producerReferenceTimes(&out)
      timing.resync(&out)
      if let value = track.purpose.accessibility {
        out.descriptor("Accessibility", AudioPurpose.accessibilityScheme, value)
      }
      for role in [track.isDefault ? "main" : "alternate", track.purpose.role].compactMap(\.self) {
        out.descriptor("Role", AudioPurpose.roleScheme, role)
      }
      timing.template(header: track.headerHash, early: timing.early, &out)
      representation(&out)
    }
  }

  private var attributes: XMLText.Attributes {
    [
      ("id", "\(id)"), ("contentType", "audio"), ("mimeType", "audio/mp4"),
      ("containerProfiles", "cmfc"), ("lang", track.language.tag), ("segmentAlignment", "true"),
      ("startWithSAP", "1"),
    ]
  }

  /// The usual configuration of the number of channels: up to six it is the number itself.
  /// - Source: ISO/IEC 23091-3 table 4: 11 is 6.1, 12 is 7.1
  private var channelConfiguration: Int {
    let channels = track.channels ?? 2
    return [7: 11, 8: 12][channels] ?? channels
  }

  private func representation(_ out: inout XMLText) {
    let attributes: XMLText.Attributes = [
      ("id", track.rendition), ("codecs", track.codecs), ("bandwidth", "\(track.bandwidth)"),
      ("audioSamplingRate", "\(track.segmentation.timescale)"),
    ]
    out.element("Representation", attributes) { out in
      out.descriptor(
        "AudioChannelConfiguration", "urn:mpeg:dash:23003:3:audio_channel_configuration:2011",
        "\(channelConfiguration)")
      // Decoding can start with every chunk.
      if timing.isLowLatency {
        out.element("Resync", [("type", "1"), ("dT", "\(timing.chunkTicks)")])
      }
    }
  }
}
