// SPDX-License-Identifier: Apache-2.0

import CMAF
import Media
import Packaging

/// The AdaptationSet of the video renditions in one Period.
///
/// - Source: ISO/IEC 23009-1 §5.3.3, §5.12 (ProducerReferenceTime), §5.13 (Resync)
struct VideoAdaptationSet {
  /// The renditions, top rendition first; at least one.
  let tracks: [TrackDescription]
  let timing: AdaptationSetTiming
  /// Nil if the media is clear.
  var protection: ContentProtection?
  /// The closed captions.
  var captions: [ClosedCaptionTrack] = []

  func write(to out: inout XMLText) {
    out.element("AdaptationSet", attributes) { out in
      protection?.write(to: &out)
      colours(&out)
      timing.lowLatencyMark(&out)
      if !timing.hasEnded {
        out.descriptor("InbandEventStream", "urn:mpeg:dash:event:2012", "1")
        for scheme in EventMessage.Scheme.all {
          out.descriptor("InbandEventStream", scheme.uri, scheme.value)
        }
      }
      timing.producerReferenceTimes(&out)
      timing.resync(&out)
      accessibility(&out)
      let shared = tracks.allSatisfy { $0.headerHash == tracks[0].headerHash }
      if shared { timing.template(header: tracks[0].headerHash, early: timing.early, &out) }
      for (index, track) in tracks.enumerated() {
        representation(track, ranking: tracks.count > 1 ? index + 1 : nil, !shared, &out)
      }
    }
  }

  /// Names the closed captions, by channels of CEA-608 and services of CEA-708.
  ///
  /// - Source: ANSI/SCTE 214-1 §7.2.1, §7.2.2
  private func accessibility(_ out: inout XMLText) {
    var channels: [String] = []
    var services: [String] = []
    for track in captions {
      let language = track.language?.language.code
      switch track.service {
      case .channel: channels.append(track.service.name + (language.map { "=\($0)" } ?? ""))
      case .service(let number): services.append("\(number)=lang:\(language ?? "und")")
      }
    }
    for (standard, values) in [("608", channels), ("708", services)] where !values.isEmpty {
      out.descriptor(
        "Accessibility", "urn:scte:dash:cc:cea-\(standard):2015", values.joined(separator: ";"))
    }
  }

  /// Writes the colours of video of a high dynamic range: players without PQ must not play PQ, and
  /// HLG is also shown without it.
  ///
  /// - Source: ISO/IEC 23091-2; the schemes by ISO/IEC 23001-8; the elements by DASH-IF IOP
  private func colours(_ out: inout XMLText) {
    guard let colour = tracks[0].colour, colour.range != .sdr else { return }
    let element = colour.range == .pq ? "EssentialProperty" : "SupplementalProperty"
    let codes = [
      ("ColourPrimaries", colour.primaries), ("TransferCharacteristics", colour.transfer),
      ("MatrixCoefficients", colour.matrix),
    ]
    for (name, code) in codes {
      out.descriptor(element, "urn:mpeg:mpegB:cicp:\(name)", "\(code)")
    }
  }

  private var rate: FrameRate { timing.parameters.segmentation.grid.rate }

  private var attributes: XMLText.Attributes {
    let best = tracks.compactMap(\.size).max { $0.width * $0.height < $1.width * $1.height }
    return [
      ("id", "1"), ("contentType", "video"), ("mimeType", "video/mp4"),
      ("containerProfiles", "cmfc"), ("segmentAlignment", "true"), ("startWithSAP", "1"),
      ("maxWidth", best.map { "\($0.width)" }), ("maxHeight", best.map { "\($0.height)" }),
      ("maxFrameRate", rate.description), ("par", best.map(Self.aspect)),
    ]
  }

  private func representation(
    _ track: TrackDescription, ranking: Int?, _ hasTemplate: Bool, _ out: inout XMLText
  ) {
    let attributes: XMLText.Attributes = [
      ("id", track.rendition), ("codecs", track.codecs),
      ("xmlns:scte214", track.supplement.map { _ in "urn:scte:dash:scte214-extensions" }),
      // ANSI/SCTE 214-1 §11.1.6
      ("scte214:supplementalCodecs", track.supplement?.codecs),
      ("scte214:supplementalProfiles", track.supplement?.brand),
      ("bandwidth", "\(track.bandwidth)"),
      ("width", track.size.map { "\($0.width)" }), ("height", track.size.map { "\($0.height)" }),
      ("frameRate", rate.description), ("sar", "1:1"),
      // ISO/IEC 23009-1 §5.3.7.2
      ("scanType", track.isInterlaced ? "interlaced" : nil),
      ("qualityRanking", ranking.map(String.init)),
    ]
    guard timing.isLowLatency || hasTemplate else {
      return out.element("Representation", attributes)
    }
    out.element("Representation", attributes) { out in
      // Random access points: the IDR at the start of each segment.
      if timing.isLowLatency {
        out.element("Resync", [("type", "1"), ("dT", "\(timing.maximumSegmentTicks)")])
      }
      if hasTemplate { timing.template(header: track.headerHash, early: timing.early, &out) }
    }
  }

  private static func aspect(_ size: VideoSize) -> String {
    var (a, b) = (size.width, size.height)
    while b != 0 { (a, b) = (b, a % b) }
    return "\(size.width / max(1, a)):\(size.height / max(1, a))"
  }
}
