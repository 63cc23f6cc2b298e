// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Sharing
import Time

/// Determines the facts about a pulled input from its first frames.
///
/// Live frames are also given to the later decoding stage, which maps their timestamps. If the
/// input may be passed through, its units are kept, and the stream begins with them.
final class SurveyStage: InputStage {
  private let input: PulledInput
  private let decoder: AccessUnitDecoder
  private let live: DecodingStage
  private var survey = InputSurvey()
  private var analysis: PassThroughAnalysis?
  /// The analyses of the other renditions, for their bitrates.
  private var others: [PassThroughAnalysis] = []
  private var kept = KeptUnits()
  private var last: DecodedFrame?
  /// When the reading of a file began.
  private var readFrom: MonotonicTime?

  /// The longest time that a file is read to find its key frames.
  private static let maximumReadingTime = Interval.seconds(2)

  init(_ input: PulledInput) {
    self.input = input
    decoder = AccessUnitDecoder(input)
    live = DecodingStage(input, decoder)
  }

  var isDecoding: Bool { decoder.isOpen }

  func connected() {
    live.connected()
    survey = InputSurvey()
    (analysis, others) = (nil, [])
    kept = KeptUnits()
    readFrom = nil
  }

  func take(
    _ unit: InputUnit, _ description: InputDescription
  ) throws(InputError) -> InputStep {
    // The stream may have begun with another input.
    if input.position != nil, let target = input.target {
      return try join(target, unit, description)
    }
    switch unit {
    case .audio(let packet):
      guard input.takesAudio else { return .stay }
      survey.takeAudio(pts: packet.pts, arrival: packet.arrival, track: packet.track)
      if !description.isPaced {
        live.take(packet, description)
        keep(unit, description)
      }
      return .stay
    case .metadata: return .stay
    case .video(let accessUnit):
      analyze(accessUnit, description)
      if !description.isPaced { keep(unit, description) }
      // The rest of a file is read for its key frames alone.
      if description.isPaced, survey.hasRate, let last {
        return isKnown(description)
          ? conclude(decoder.declaredRate, description, last) ?? .stay : .stay
      }
      let frames = try decoder.decode(accessUnit, description)
      return try take(frames, description, declaredRate: decoder.declaredRate)
    }
  }

  /// The stage that supplies a session whose properties another input has determined.
  private func join(
    _ target: InputTarget, _ unit: InputUnit, _ description: InputDescription
  ) throws(InputError) -> InputStep {
    let isPaced = description.isPaced
    let next: any InputStage
    switch target.video {
    case .frames where isPaced: return .reopen(PacedStage(input, decoder))
    case .accessUnits(let track) where isPaced:
      return .reopen(PacedPassThroughStage(input, rate: track.rate, track.reordering))
    case .frames:
      live.limitLead(to: .zero)
      next = live
    case .accessUnits(let track): next = PassThroughStage(input, track, live.clock)
    }
    _ = try next.take(unit, description)
    return .become(next)
  }

  func finish(_ description: InputDescription) throws(InputError) -> InputStep {
    let declaredRate = decoder.declaredRate
    let frames = decoder.finish(arrival: SystemClock.monotonicTime)
    let step = try take(frames, description, declaredRate: declaredRate)
    guard case .stay = step, description.isPaced, let last else { return step }
    guard let next = conclude(declaredRate, description, last) else {
      throw .noVideo("it has a single frame and no frame rate")
    }
    return next
  }

  private func take(
    _ frames: [DecodedFrame], _ description: InputDescription, declaredRate: FrameRate?
  ) throws(InputError) -> InputStep {
    var step = InputStep.stay
    for frame in frames {
      if case .stay = step {
        last = frame
        survey.take(pts: frame.pts, arrival: frame.arrival, sent: frame.senderMonotonic)
        if isKnown(description) { step = conclude(declaredRate, description, frame) ?? .stay }
      }
      if !description.isPaced { try live.show(frame, description) }
    }
    return step
  }

  /// Analyses an access unit for pass-through.
  private func analyze(_ unit: AccessUnit, _ description: InputDescription) {
    guard let options = input.passThrough else { return }
    func new(_ video: InputDescription.Video) -> PassThroughAnalysis {
      PassThroughAnalysis(
        video, segmentMicroseconds: options.segmentMicroseconds,
        maximumGroupTime: options.maximumGroupTime,
        declaredRate: video.rate ?? options.formerRate, statedRate: options.rate,
        isFile: description.isPaced,
        isPlaylist: description.isPlaylist)
    }
    var analysis = analysis ?? new(description.video)
    analysis.take(
      pts: unit.pts, dts: unit.dts, count: unit.pictureOrder, isKey: unit.isKey,
      isLeading: unit.isLeading || unit.others.contains { $0.isLeading },
      size: unit.bytes.count, arrival: description.isPaced ? nil : unit.arrival)
    self.analysis = analysis
    if others.isEmpty { others = description.otherVideos.map(new) }
    for (index, other) in unit.others.enumerated() where index < others.count {
      others[index].take(pts: other.pts, isKey: other.isKey, size: other.bytes.count)
    }
  }

  /// Keeps a unit while the input may be passed through.
  private func keep(_ unit: InputUnit, _ description: InputDescription) {
    guard input.passThrough != nil else { return }
    if case .unfit? = analysis?.verdict { kept = KeptUnits() } else { kept.add(unit, description) }
  }

  /// Whether reading a file to its end takes too long.
  private var hasReadEnough: Bool {
    let now = SystemClock.monotonicTime
    let from = readFrom ?? now
    readFrom = from
    return now - from > Self.maximumReadingTime
  }

  /// Whether the observations suffice.
  ///
  /// If access units are passed through, the analysis suffices: they have no input delay to be
  /// measured.
  private func isKnown(_ description: InputDescription) -> Bool {
    if description.isPaced {
      if case .unfit? = analysis?.verdict { return survey.hasRate }
      return survey.hasRate && (input.passThrough == nil || hasReadEnough)
    }
    guard input.passThrough != nil else { return survey.isComplete }
    switch analysis?.verdict {
    case .fits: return true
    case .unfit: return survey.isComplete
    case .undecided, nil: return false
    }
  }

  /// Publishes the facts; nil if the frame rate is unknown.
  private func conclude(
    _ declaredRate: FrameRate?, _ description: InputDescription, _ frame: DecodedFrame
  ) -> InputStep? {
    let rate = survey.rate(
      declared: declaredRate ?? description.video.rate, named: description.video.namedMillihertz)
    guard let rate else { return nil }
    let isPaced = description.isPaced
    if isPaced { analysis?.finish(isLoop: input.loops) }
    var description = description
    description.video.width = frame.width
    description.video.height = frame.height
    description.video.frames = frame.properties
    description.otherVideos = sizedVideos(description.otherVideos)
    description.video = firstVideo(description.video)
    last = nil
    live.limitLead(to: isPaced ? .zero : survey.lead)
    input.publish(
      SourceFacts(
        description: description, rate: rate,
        inputDelay: (isPaced ? .zero : survey.lateness + reorderingDelay) + rate.frameDuration,
        audioDelay: isPaced ? .zero : survey.audioLateness,
        passThrough: analysis?.verdict ?? .undecided,
        peakBitrate: analysis?.peakBitrate ?? 0,
        otherBitrates: zip(description.otherVideos, others).map { $1.peakBitrate },
        firstCapture: kept.first.map { live.captured(pts: $0.pts, arrival: $0.arrival) }))
    guard case .fits(let fit)? = analysis?.verdict else {
      return isPaced ? .reopen(PacedStage(input, decoder)) : .become(live)
    }
    if isPaced { return .reopen(PacedPassThroughStage(input, rate: fit.rate, fit.reordering)) }
    return .become(KeptUnitsStage(input, kept, live))
  }

  /// How much later access units arrive than without B-frames.
  private var reorderingDelay: Interval {
    guard case .fits(let fit)? = analysis?.verdict else { return .zero }
    return fit.rate.frameDuration * fit.reordering.frames  // bounded: at most 64 frames
  }

  /// The video of the first key frame that is kept: the source may have changed its size since.
  private func firstVideo(_ newest: InputDescription.Video) -> InputDescription.Video {
    guard case .fits? = analysis?.verdict, let first = kept.first,
      let video = kept.description?.video, video.coding != newest.coding
    else { return newest }
    return video.described(by: first, input.watch) ?? newest
  }

  /// The other renditions with the sizes of their frames; none if a first frame is undecodable.
  private func sizedVideos(_ videos: [InputDescription.Video]) -> [InputDescription.Video] {
    guard let first = kept.first, first.others.count == videos.count else { return [] }
    let sized = zip(videos, first.others).compactMap { video, unit in
      video.described(by: unit, input.watch)
    }
    return sized.count == videos.count ? sized : []
  }
}

extension InputDescription.Video {
  /// The description with the size and the properties of the frame of a key frame; nil if it is
  /// undecodable.
  ///
  /// `watch` gets the call.
  func described(by unit: AccessUnit, _ watch: CallWatchdog) -> InputDescription.Video? {
    watch.during(.coding) {
      guard var decoder = try? VideoDecoder(self) else { return nil }
      let decoded = decoder.decode(unit) + decoder.finish(arrival: unit.arrival)
      guard let first = decoded.first,
        let size = VideoSize(width: first.width, height: first.height)
      else { return nil }
      var video = self
      (video.width, video.height) = (size.width, size.height)
      video.frames = first.properties
      return video
    }
  }
}
