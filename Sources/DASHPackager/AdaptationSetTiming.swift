// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import Time

/// The timing of the segments of one AdaptationSet, video or audio.
struct AdaptationSetTiming {
  /// The stream's constants.
  let parameters: PresentationParameters
  let names: MediaNames
  let period: Period
  /// The UTCTiming of the MPD, which a ProducerReferenceTime repeats.
  let clock: XMLText.Attributes
  let hasEnded: Bool
  /// Ticks per second of the printed times.
  let timescale: Int64
  /// The duration of a chunk in ticks.
  let chunkTicks: Int64
  /// The id of the first ProducerReferenceTime: unique in the MPD, constant for the Period.
  let firstTimeID: Int64
  /// The longest time from capture to publication.
  let delay: Interval
  /// The segments; nil if they have a common duration.
  var timeline: SegmentTimeline?

  /// availabilityTimeOffset; nil without a low-latency form.
  let early: Interval?

  /// Whether the set has a low-latency form.
  var isLowLatency: Bool { early != nil }

  /// The duration of a segment.
  ///
  /// It is a whole number of the stream's ticks; the timescale is that of the stream if it is not a
  /// whole number of the track's ticks.
  var segmentTicks: Int64 { parameters.segmentTicks(timescale) ?? 0 }

  /// The maximum duration of a segment.
  var maximumSegmentTicks: Int64 {
    let segmentation = parameters.segmentation
    let most = segmentation.maximumFramesPerSegment.map {
      $0 * segmentation.grid.rate.ticksPerFrame
    }
    return most.map { $0 * timescale / Int64(segmentation.grid.rate.timescale) } ?? segmentTicks
  }

  /// The timing of video.
  static func ofVideo(
    _ parameters: PresentationParameters, _ names: MediaNames, _ period: Period,
    _ clock: XMLText.Attributes, firstTimeID: Int64, hasEnded: Bool
  ) -> AdaptationSetTiming {
    let rate = parameters.segmentation.grid.rate
    return AdaptationSetTiming(
      parameters: parameters, names: names, period: period, clock: clock, hasEnded: hasEnded,
      timescale: Int64(rate.timescale), chunkTicks: rate.ticksPerFrame,
      firstTimeID: firstTimeID, delay: parameters.inputDelay + parameters.pipelineDelay,
      early: hasEnded || period.past != nil ? nil : parameters.availabilityTimeOffset)
  }

  /// The timing of audio.
  static func ofAudio(
    _ segmentation: AudioSegmentation, _ parameters: PresentationParameters, _ names: MediaNames,
    _ period: Period, _ clock: XMLText.Attributes, firstTimeID: Int64, hasEnded: Bool
  ) -> AdaptationSetTiming {
    let (own, video) = (
      Int64(segmentation.sampleRate), Int64(parameters.segmentation.grid.rate.timescale)
    )
    let isWhole = parameters.segmentation.hasVariableDuration || parameters.segmentTicks(own) != nil
    let timescale = isWhole ? own : video
    return AdaptationSetTiming(
      parameters: parameters, names: names, period: period, clock: clock, hasEnded: hasEnded,
      timescale: timescale, chunkTicks: (segmentation.chunkTicks * timescale + own - 1) / own,
      firstTimeID: firstTimeID,
      delay: parameters.audioDelay + parameters.pipelineDelay,
      early: hasEnded || period.past != nil
        ? nil : parameters.availabilityTimeOffset(ofAudio: segmentation))
  }

  /// Writes the property of sets with a low-latency form.
  func lowLatencyMark(_ out: inout XMLText) {
    guard isLowLatency else { return }
    out.descriptor("SupplementalProperty", "urn:dvb:dash:lowlatency:critical:2019", "true")
  }

  /// Writes the Resync of sets with a low-latency form: parsing can start at every chunk.
  func resync(_ out: inout XMLText) {
    guard isLowLatency else { return }
    out.element("Resync", [("type", "0"), ("dT", "\(chunkTicks)")])
  }

  /// Writes two elements: the capture time of the Period's first frame, and its latest publish
  /// time.
  ///
  /// Periods of the past have none, as players hold no latency in them.
  func producerReferenceTimes(_ out: inout XMLText) {
    guard period.past == nil else { return }
    let captured = parameters.availabilityStart + period.start
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

  /// Writes the location of media on the Period's timeline and its names.
  ///
  /// - Parameters:
  ///   - header: the hash of the CMAF header.
  ///   - early: how early a segment is available; nil when it is complete.
  ///   - out: the MPD.
  func template(header: String, early: Interval? = nil, _ out: inout XMLText) {
    let attributes: XMLText.Attributes = [
      ("timescale", "\(timescale)"), ("duration", timeline == nil ? "\(segmentTicks)" : nil),
      ("startNumber", "\(names.printed(timeline?.firstNumber ?? period.firstSegment))"),
      ("presentationTimeOffset", offset),
      ("availabilityTimeOffset", early.map { Decimal.string($0.milliseconds, digits: 3) }),
      ("availabilityTimeComplete", early.map { _ in "false" }),
      ("initialization", "$RepresentationID$/" + names.name(ofHeader: header)),
      ("media", "$RepresentationID$/segment$Number\(numberFormat)$.m4s"),
    ]
    guard let timeline else { return out.element("SegmentTemplate", attributes) }
    out.element("SegmentTemplate", attributes) { timeline.write(to: &$0) }
  }

  /// Writes the location of the pictures of key frames on the Period's timeline and their names.
  ///
  /// A picture is available when its segment is complete.
  func thumbnailTemplate(_ out: inout XMLText) {
    out.element(
      "SegmentTemplate",
      [
        ("timescale", "\(timescale)"), ("duration", "\(segmentTicks)"),
        ("startNumber", "\(names.printed(period.firstSegment))"),
        ("presentationTimeOffset", offset), ("media", "thumb/segment$Number\(numberFormat)$.jpg"),
      ])
  }

  /// presentationTimeOffset: the media time of the Period's first segment.
  private var offset: String {
    guard parameters.segmentation.hasVariableDuration else {
      return "\(Int128(period.firstSegment) * Int128(segmentTicks))"
    }
    let rate = parameters.segmentation.grid.rate
    let ticks = Int128(period.firstFrame) * Int128(rate.ticksPerFrame) * Int128(timescale)
    return "\(ticks / Int128(rate.timescale))"
  }

  private var numberFormat: String { names.numbering == .run ? "%05d" : "" }
}
