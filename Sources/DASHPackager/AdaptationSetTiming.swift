// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging

/// When the segments of an AdaptationSet are what and where: what sets of pictures and of sound say alike.
struct AdaptationSetTiming {
  /// The stream's constants.
  let terms: PresentationParameters
  let names: MediaNames
  let period: Period
  /// The UTCTiming of the MPD, which a ProducerReferenceTime repeats.
  let clock: XMLText.Attributes
  let hasEnded: Bool
  /// Units a second of all that is printed.
  let timescale: Int64
  /// The shortest stretch that is published, in those units.
  let chunkTicks: Int64
  /// The id of the first ProducerReferenceTime: unique in the presentation, and constant for the Period.
  let firstTimeID: Int64
  /// How long after its capture something is published at the latest; nanoseconds.
  let delay: Int64
  /// The segments, where they have no common duration.
  var timeline: SegmentTimeline?

  /// Milliseconds before its end at which a segment may be asked for; nil without a low-latency form.
  private let early: Int64?

  /// Whether the set has a low-latency form.
  var isLowLatency: Bool { early != nil }

  /// The duration of a segment.
  ///
  /// In the stream's own unit it is whole; where the track's are none, the set counts in the stream's.
  var segmentTicks: Int64 { terms.segmentTicks(timescale) ?? 0 }

  /// The duration of the longest segment.
  var mostSegmentTicks: Int64 {
    let segmentation = terms.segmentation
    let most = segmentation.mostFramesPerSegment.map { $0 * segmentation.grid.rate.ticksPerFrame }
    return most.map { $0 * timescale / Int64(segmentation.grid.rate.timescale) } ?? segmentTicks
  }

  /// The timing of pictures.
  static func ofPictures(
    _ terms: PresentationParameters, _ names: MediaNames, _ period: Period,
    _ clock: XMLText.Attributes,
    hasEnded: Bool
  ) -> AdaptationSetTiming {
    let rate = terms.segmentation.grid.rate
    return AdaptationSetTiming(
      terms: terms, names: names, period: period, clock: clock, hasEnded: hasEnded,
      timescale: Int64(rate.timescale), chunkTicks: rate.ticksPerFrame,
      firstTimeID: capturedTimeID(period), delay: terms.inputDelay + terms.pipelineDelay,
      early: hasEnded ? nil : terms.availabilityTimeOffset)
  }

  /// The timing of a track of sound.
  static func ofAudio(
    _ segmentation: AudioSegmentation, _ terms: PresentationParameters, _ names: MediaNames,
    _ period: Period,
    _ clock: XMLText.Attributes, hasEnded: Bool
  ) -> AdaptationSetTiming {
    let (own, video) = (
      Int64(segmentation.sampleRate), Int64(terms.segmentation.grid.rate.timescale)
    )
    let isWhole = terms.segmentation.hasVariableDuration || terms.segmentTicks(own) != nil
    let timescale = isWhole ? own : video
    return AdaptationSetTiming(
      terms: terms, names: names, period: period, clock: clock, hasEnded: hasEnded,
      timescale: timescale, chunkTicks: (segmentation.partTicks * timescale + own - 1) / own,
      firstTimeID: capturedTimeID(period) + 2, delay: terms.audioDelay + terms.pipelineDelay,
      early: hasEnded ? nil : terms.availabilityTimeOffset(ofAudio: segmentation))
  }

  /// The id of the ProducerReferenceTime of type captured in the first AdaptationSet of `period`.
  static func capturedTimeID(_ period: Period) -> Int64 { 4 * period.index + 1 }

  /// What says that the set has a low-latency form, where it has one.
  func lowLatencyMark(_ out: inout XMLText) {
    guard isLowLatency else { return }
    out.element(
      "SupplementalProperty",
      [("schemeIdUri", "urn:dvb:dash:lowlatency:critical:2019"), ("value", "true")])
  }

  /// Where a reader may begin to parse anew, where the set has a low-latency form: at every chunk.
  func resync(_ out: inout XMLText) {
    guard isLowLatency else { return }
    out.element("Resync", [("type", "0"), ("dT", "\(chunkTicks)")])
  }

  /// Two: when the Period's first frame was captured, and when it is published at the latest.
  func producerReferenceTimes(_ out: inout XMLText) {
    let captured = terms.availabilityStart + period.start
    let first: XMLText.Attributes = [
      ("id", "\(firstTimeID)"), ("inband", "true"), ("type", "captured"),
      ("wallClockTime", MPDTime.dateTime(captured)),
    ]
    let second: XMLText.Attributes = [
      ("id", "\(firstTimeID + 1)"), ("type", "encoder"),
      ("wallClockTime", MPDTime.dateTime(captured + delay)),
    ]
    for attributes in [first, second] {
      out.element("ProducerReferenceTime", attributes + [("presentationTime", offset)]) { out in
        out.element("UTCTiming", clock)
      }
    }
  }

  /// The location of media on the Period's timeline, and its names.
  func template(_ track: TrackDescription, _ out: inout XMLText) {
    let attributes: XMLText.Attributes = [
      ("timescale", "\(timescale)"), ("duration", timeline == nil ? "\(segmentTicks)" : nil),
      ("startNumber", "\(names.printed(timeline?.firstNumber ?? period.firstSegment))"),
      ("presentationTimeOffset", offset),
      ("availabilityTimeOffset", early.map { Decimal.string($0, digits: 3) }),
      ("availabilityTimeComplete", early.map { _ in "false" }),
      ("initialization", "$RepresentationID$/" + names.name(ofHeader: track.headerHash)),
      ("media", "$RepresentationID$/segment$Number\(numberFormat)$.m4s"),
    ]
    guard let timeline else { return out.element("SegmentTemplate", attributes) }
    out.element("SegmentTemplate", attributes) { timeline.write(to: &$0) }
  }

  /// presentationTimeOffset: the media time at which the Period's first segment begins.
  private var offset: String {
    guard terms.segmentation.hasVariableDuration else {
      return "\(period.firstSegment * segmentTicks)"
    }
    let rate = terms.segmentation.grid.rate
    let ticks = Int128(period.firstFrame * rate.ticksPerFrame) * Int128(timescale)
    return "\(ticks / Int128(rate.timescale))"
  }

  private var numberFormat: String { names.numbering == .run ? "%05d" : "" }
}
