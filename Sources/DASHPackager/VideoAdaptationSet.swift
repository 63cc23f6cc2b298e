import Media
import Packaging

/// The AdaptationSet of the video renditions in one Period.
///
/// - Source: ISO/IEC 23009-1 §5.3.3, §5.12 (ProducerReferenceTime), §5.13 (Resync)
struct VideoAdaptationSet {
  /// Best first; at least one.
  let tracks: [TrackDescription]
  let period: Period
  let terms: PresentationTerms
  let names: MediaNames
  /// The UTCTiming of the MPD, which a ProducerReferenceTime repeats.
  let timing: XMLText.Attributes
  let hasEnded: Bool

  /// The id of the ProducerReferenceTime of type captured: unique in the presentation, and constant for the Period.
  static func capturedTimeID(_ period: Period) -> Int64 { 2 * period.index + 1 }

  func write(to out: inout XMLText) {
    out.element("AdaptationSet", attributes) { out in
      if isLowLatency {
        out.element(
          "SupplementalProperty",
          [("schemeIdUri", "urn:dvb:dash:lowlatency:critical:2019"), ("value", "true")])
      }
      if !hasEnded {
        out.element(
          "InbandEventStream", [("schemeIdUri", "urn:mpeg:dash:event:2012"), ("value", "1")])
      }
      producerReferenceTimes(&out)
      if isLowLatency {
        out.element("Resync", [("type", "0"), ("dT", "\(cadence.grid.rate.ticksPerFrame)")])
      }
      let shared = tracks.allSatisfy { $0.headerHash == tracks[0].headerHash }
      if shared { template(tracks[0], &out) }
      for (place, track) in tracks.enumerated() {
        representation(track, ranking: tracks.count > 1 ? place + 1 : nil, !shared, &out)
      }
    }
  }

  private var cadence: Cadence { terms.cadence }
  private var isLowLatency: Bool { !hasEnded && terms.availabilityTimeOffset != nil }

  private var attributes: XMLText.Attributes {
    let best = tracks.map(\.size).max { $0.width * $0.height < $1.width * $1.height }
    return [
      ("id", "1"), ("contentType", "video"), ("mimeType", "video/mp4"),
      ("containerProfiles", "cmfc"), ("segmentAlignment", "true"), ("startWithSAP", "1"),
      ("maxWidth", best.map { "\($0.width)" }), ("maxHeight", best.map { "\($0.height)" }),
      ("maxFrameRate", cadence.grid.rate.description), ("par", best.map(Self.aspect)),
    ]
  }

  /// Two: when the Period's first frame was captured, and when it is published at the latest.
  private func producerReferenceTimes(_ out: inout XMLText) {
    let captured = terms.availabilityStart + period.start
    let id = Self.capturedTimeID(period)
    let first: XMLText.Attributes = [
      ("id", "\(id)"), ("inband", "true"), ("type", "captured"),
      ("wallClockTime", MPDTime.dateTime(captured)),
    ]
    let published = captured + terms.inputDelay + terms.pipelineDelay
    let second: XMLText.Attributes = [
      ("id", "\(id + 1)"), ("type", "encoder"), ("wallClockTime", MPDTime.dateTime(published)),
    ]
    for attributes in [first, second] {
      out.element("ProducerReferenceTime", attributes + [("presentationTime", offset)]) { out in
        out.element("UTCTiming", timing)
      }
    }
  }

  private var offset: String { "\(period.presentationTimeOffset(cadence))" }

  private func template(_ track: TrackDescription, _ out: inout XMLText) {
    let early = isLowLatency ? terms.availabilityTimeOffset : nil
    out.element(
      "SegmentTemplate",
      [
        ("timescale", "\(cadence.grid.rate.timescale)"), ("duration", "\(cadence.segmentTicks)"),
        ("startNumber", "\(names.printed(period.firstSegment))"),
        ("presentationTimeOffset", offset),
        ("availabilityTimeOffset", early.map { Decimal.string($0, digits: 3) }),
        ("availabilityTimeComplete", early.map { _ in "false" }),
        ("initialization", "$RepresentationID$/" + names.name(ofHeader: track.headerHash)),
        ("media", "$RepresentationID$/segment$Number\(numberFormat)$.m4s"),
      ])
  }

  private var numberFormat: String { names.numbering == .run ? "%05d" : "" }

  private func representation(
    _ track: TrackDescription, ranking: Int?, _ hasTemplate: Bool, _ out: inout XMLText
  ) {
    let attributes: XMLText.Attributes = [
      ("id", track.rendition), ("codecs", track.codecs), ("bandwidth", "\(track.bandwidth)"),
      ("width", "\(track.size.width)"), ("height", "\(track.size.height)"),
      ("frameRate", cadence.grid.rate.description), ("sar", "1:1"),
      ("qualityRanking", ranking.map(String.init)),
    ]
    guard isLowLatency || hasTemplate else { return out.element("Representation", attributes) }
    out.element("Representation", attributes) { out in
      // Random access points: the IDR with which each segment begins.
      if isLowLatency { out.element("Resync", [("type", "1"), ("dT", "\(cadence.segmentTicks)")]) }
      if hasTemplate { template(track, &out) }
    }
  }

  private static func aspect(_ size: VideoSize) -> String {
    var (a, b) = (size.width, size.height)
    while b != 0 { (a, b) = (b, a % b) }
    return "\(size.width / max(1, a)):\(size.height / max(1, a))"
  }
}
