// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
package import Streams
import Time

/// The decision whether an input is passed through, from the settings and the facts about it.
package struct PassThroughDecision: Sendable {
  /// The decision.
  enum Outcome {
    case passThrough(PassThroughAnalysis.Fit)
    /// The reason for the log; nil if the settings ask for encoding.
    case encode(reason: String?)
    /// `--passthrough always`, and it is impossible.
    case refuse(reason: String)
  }

  let settings: StreamSettings

  /// The decision for a stream with these settings.
  package init(_ settings: StreamSettings) { self.settings = settings }

  /// The option that only an encoder can fulfil.
  var encodingOption: String? {
    if !settings.ladder.isEmpty { return "rendition" }
    if settings.overlay != nil { return "overlay" }
    if settings.burnsClock { return "burn-clock" }
    if settings.size != nil { return "resolution" }
    // Beside `--passthrough always` it states the rate of the source.
    if settings.rate != nil, settings.passThrough != .always { return "framerate" }
    if settings.bitrateKilobits != nil { return "bitrate" }
    if settings.intraInterval != nil { return "intra-interval" }
    if settings.audio?.isEmpty == false { return "audio" }
    return nil
  }

  /// Checks the settings without facts about the input.
  func check() throws(UsageError) {
    guard settings.passThrough == .always else { return }
    guard settings.input != nil else {
      throw UsageError(.setting("passthrough", "always"), .problem("requires \(option: "input")"))
    }
    if let encodingOption {
      throw UsageError(
        [.setting("passthrough", "always"), .option(encodingOption)], .combination,
        expected: "one of them")
    }
  }

  /// The facts that the input must find out for the decision; nil if it is encoded in any case.
  package var requirements: PassThroughOptions? {
    guard settings.passThrough != .never, encodingOption == nil else { return nil }
    return .init(
      segmentMicroseconds: settings.segmentDuration.microseconds,
      maximumGroupTime: settings.maximumGroupTime, rate: settings.rate)
  }

  /// The decision for an input.
  ///
  /// - Parameters:
  ///   - facts: the facts about it.
  ///   - isIrregular: whether its key frames turned out to be irregular.
  ///   - unpaced: why its timestamps turned out to be unusable; nil if they did not.
  /// - Returns: whether it is passed through, and why not.
  func outcome(_ facts: SourceFacts, isIrregular: Bool, unpaced: String? = nil) -> Outcome {
    guard requirements != nil else {
      guard settings.passThrough == .auto, let encodingOption else { return .encode(reason: nil) }
      return .encode(reason: "--\(encodingOption) was given")
    }
    let reason: String
    let obstacle = EncryptionCheck.obstacle(settings, facts.description.video.passThroughCodec)
    switch facts.passThrough {
    case .fits where obstacle != nil: reason = obstacle ?? ""
    case .fits where unpaced != nil: reason = unpaced ?? ""
    case .fits(let fit):
      return .passThrough(
        isIrregular
          ? fit.withVariableDuration(segmentMicroseconds: settings.segmentDuration.microseconds)
          : fit)
    case .unfit(let found): reason = "\(found)"
    case .undecided: reason = "it ended before its key frames could be observed"
    }
    return settings.passThrough == .always ? .refuse(reason: reason) : .encode(reason: reason)
  }
}
