// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Sharing

/// Finds out the facts about a pulled input from its first frames.
///
/// Live frames also pass to the decoding stage that follows, for the mapping of their timestamps.
final class SurveyStage: InputStage {
  private let input: PulledInput
  private let decoder: AccessUnitDecoder
  private let live: DecodingStage
  private var survey = InputSurvey()
  private var analysis: PassThroughAnalysis?
  private var last: DecodedFrame?

  init(_ input: PulledInput) {
    self.input = input
    decoder = AccessUnitDecoder(input)
    live = DecodingStage(input, decoder)
  }

  var isDecoding: Bool { decoder.isOpen }

  func connected() { live.connected() }

  func take(
    _ unit: InputUnit, _ description: InputDescription
  ) throws(InputError) -> InputStep {
    switch unit {
    case .audio(let packet):
      guard input.takesAudio else { return .stay }
      survey.takeAudio(pts: packet.pts, arrival: packet.arrival)
      if !description.isPaced { live.take(packet, description.audio) }
      return .stay
    case .video(let accessUnit):
      if !description.isPaced { analyze(accessUnit, description) }
      let frames = try decoder.decode(accessUnit, description)
      return try take(frames, description, declaredRate: decoder.declaredRate)
    }
  }

  func finish(_ description: InputDescription) throws(InputError) -> InputStep {
    let declaredRate = decoder.declaredRate
    let frames = decoder.finish(arrival: SystemClock.monotonic)
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
        let isKnown = description.isPaced ? survey.hasRate : survey.isComplete && isAnalyzed
        if isKnown { step = conclude(declaredRate, description, frame) ?? .stay }
      }
      if !description.isPaced { try live.show(frame, description) }
    }
    return step
  }

  /// Analyses an access unit for pass-through.
  private func analyze(_ unit: AccessUnit, _ description: InputDescription) {
    guard let options = input.passThrough else { return }
    var analysis =
      analysis
      ?? PassThroughAnalysis(
        description.video, segmentMicroseconds: options.segmentMicroseconds,
        longestGroup: options.longestGroup)
    analysis.take(pts: unit.pts, isKey: unit.isKey, size: unit.bytes.count)
    self.analysis = analysis
  }

  private var isAnalyzed: Bool {
    input.passThrough == nil || analysis.map { $0.verdict != .undecided } ?? false
  }

  /// Publishes the facts; nil if the frame rate is unknown.
  private func conclude(
    _ declaredRate: FrameRate?, _ description: InputDescription, _ frame: DecodedFrame
  ) -> InputStep? {
    guard let rate = survey.rate(declared: declaredRate ?? description.video.rate) else {
      return nil
    }
    let isPaced = description.isPaced
    var description = description
    description.video.width = frame.width
    description.video.height = frame.height
    last = nil
    live.limitLead(to: isPaced ? 0 : survey.lead)
    input.publish(
      SourceFacts(
        description: description, rate: rate,
        inputDelay: (isPaced ? 0 : survey.lateness) + rate.frameNanoseconds,
        audioDelay: isPaced ? 0 : survey.audioLateness,
        passThrough: isPaced ? .unfit(.file) : analysis?.verdict ?? .undecided,
        peakBitrate: analysis?.peakBitrate ?? 0))
    return isPaced ? .reopen(PacedStage(input, decoder)) : .become(live)
  }
}
