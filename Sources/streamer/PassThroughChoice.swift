// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Streams

/// Whether an input's pictures are packaged as they came: what was asked for, and what the input allows.
struct PassThroughChoice {
  /// `--passthrough`.
  enum Mode: String, CaseIterable { case auto, always, never }

  /// What is done.
  enum Outcome {
    case pass(PassThroughAnalysis.Fit)
    /// The reason is for the log; nil where nobody expects anything else.
    case encode(String?)
    /// It was insisted on, and cannot be.
    case refuse(String)
  }

  let settings: Settings

  /// The flag that asks for something that only an encoder can do.
  private var encodingFlag: String? {
    if !settings.ladder.isEmpty { return "--rendition" }
    if settings.overlay != nil { return "--overlay" }
    if settings.burnsClock { return "--burn-clock" }
    if settings.size != nil { return "--resolution" }
    if settings.isRateGiven { return "--framerate" }
    if settings.bitrateKilobits != nil { return "--bitrate" }
    if settings.intraInterval != nil { return "--intra-interval" }
    if let audio = settings.audio, audio != .none { return "--audio" }
    return nil
  }

  /// Checks what was asked for by itself.
  func check() throws(UsageError) {
    guard settings.passThrough == .always, !settings.passesThrough else { return }
    guard settings.input != nil else {
      throw UsageError("--passthrough always: was given without --input, which it needs")
    }
    if let encodingFlag {
      throw UsageError(
        "--passthrough always: was given with \(encodingFlag); allowed is one or the other")
    }
  }

  /// What the input must find out of itself; nil where it is encoded in any case.
  var wish: PassThroughOptions? {
    guard settings.passThrough != .never, encodingFlag == nil else { return nil }
    return .init(
      segmentMicroseconds: settings.segmentMicroseconds,
      longestGroup: settings.longestGroupMicroseconds * 1000)
  }

  /// What is done with an input of which this is known.
  ///
  /// - Parameters:
  ///   - facts: of the input.
  ///   - isIrregular: whether it turned out to keep no distance of key pictures, whatever it looks like at first.
  /// - Returns: the outcome with its reason.
  func outcome(_ facts: SourceFacts, isIrregular: Bool = false) -> Outcome {
    guard wish != nil else {
      return .encode(settings.passThrough == .auto ? encodingFlag.map { "\($0) was given" } : nil)
    }
    let reason: String
    switch facts.passThrough {
    case .fits(let fit):
      return .pass(isIrregular ? fit.free(segmentMicroseconds: settings.segmentMicroseconds) : fit)
    case .unfit(let found): reason = "\(found)"
    case .undecided: reason = "it was too short to say whether it is regular"
    }
    return settings.passThrough == .always ? .refuse(reason) : .encode(reason)
  }
}

extension Settings {
  /// Whether the input's sound is wanted.
  var takesInputAudio: Bool { audio == nil }

  /// How frames fall into segments and parts.
  var segmentation: Segmentation {
    Segmentation(
      rate: rate, segmentMicroseconds: segmentMicroseconds, partMicroseconds: partMicroseconds,
      longestGroupMicroseconds: hasVariableDurationSegments ? longestGroupMicroseconds : nil)
  }

  /// The same for an input that is packaged as it came: segments are its groups of pictures.
  func passing(_ fit: PassThroughAnalysis.Fit, _ facts: SourceFacts) -> Settings {
    var settings = completed(by: facts)
    let nanoseconds = FrameGrid(rate: fit.rate).nanoseconds(fit.segmentFrames)
    settings.rate = fit.rate
    settings.segmentMicroseconds = (nanoseconds + 500) / 1000
    settings.partMicroseconds = min(settings.partMicroseconds, settings.segmentMicroseconds)
    settings.prefill = 0
    settings.passesThrough = true
    settings.hasVariableDurationSegments = fit.hasVariableDuration
    if fit.hasVariableDuration {
      // Playlists must hold three target durations, which the input makes longer than what was asked for knew.
      let least = StreamDefinition.leastPlaylistLength(settings.segmentation)
      settings.playlistLength = settings.playlistLength.map { max($0, least) }
      settings.retained = settings.retained.map { max($0, least + 2) }
    }
    // What was seen of it, and half as much again for what was not.
    let kilobits = (facts.peakBitrate * 3 / 2 + 99_999) / 100_000 * 100
    settings.bitrateKilobits = Int(min(max(kilobits, 100), 1_000_000))
    return settings
  }
}
