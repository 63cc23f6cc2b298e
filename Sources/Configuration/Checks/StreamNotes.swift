// SPDX-License-Identifier: Apache-2.0

import Capture
import DASHPackager
import Media
package import Streams
import Time

/// Lines for people about a stream: its configuration, and its deviations from the settings.
package struct StreamNotes: Sendable {
  let settings: StreamSettings
  package let configuration: StreamConfiguration

  /// Notes about a stream with these settings and the configuration made from them.
  package init(_ settings: StreamSettings, _ configuration: StreamConfiguration) {
    (self.settings, self.configuration) = (settings, configuration)
  }

  /// Source, audio, renditions and durations in one line, with durations that are not as requested.
  package var summary: String {
    let source =
      switch configuration.source {
      case .test: settings.input == nil ? "test pattern" : settings.inputText
      case .camera(let path): path
      case .network: settings.input == nil ? "pulled input" : settings.inputText
      case .upstream: settings.upstream.map { "relay of \($0)" } ?? "relay"
      }
    let audio = configuration.audioTracks.map { track in
      switch track.source {
      case .tone: "test tone"
      case .device(let name): "audio of \(name)"
      case .input where track.isCopied: "copied audio"
      case .input: settings.upstream == nil ? "encoded audio" : "audio"
      }
    }
    let renditions = configuration.renditions.map {
      configuration.passesThrough
        ? "\($0.size) passed through" : "\($0.size) at \($0.bitrateKilobits) kbit/s"
    }
    let segmentation = configuration.segmentation
    let length =
      "\(segmentation.framesPerSegment) frames"
      + (segmentation.hasVariableDuration
        ? " or more, up to the next key frame, with numbers that count by one" : "")
    return
      "\(source), \(audio.isEmpty ? "no audio" : audio.joined(separator: ", ")), "
      + "\(renditions.joined(separator: ", ")), \(segmentation.grid.rate) fps; "
      + "segments of \(length), parts of \(segmentation.framesPerPart)"
      + (rounding.map { ": \($0)" } ?? "")
  }

  /// Why the MPD has no low-latency form, or players may stall in it; nil if neither.
  package var lowLatency: String? {
    let presentation = PresentationParameters(
      name: configuration.name, segmentation: configuration.segmentation,
      targetLatency: targetLatency, inputDelay: configuration.inputDelay,
      audioDelay: configuration.audioDelay)
    guard presentation.availabilityTimeOffset == nil else { return switching }
    return
      "segments of \(configuration.segmentation.framesPerSegment) frames are too short for DASH "
      + "players to request them before they are complete: the MPD has no low-latency form"
  }

  private var targetLatency: Interval {
    settings.targetLatency ?? ServingDefaults.targetLatency(of: configuration)
  }

  /// A player that switches to another rendition waits for its next segment.
  /// - Source: DASH-IF IOP v5 part 4, Low-Latency Live, on several Representations
  private var switching: String? {
    let (target, segment) = (targetLatency, configuration.segmentation.segmentDuration)
    guard configuration.renditions.count > 1, segment * 2 > target else { return nil }
    return
      "a target latency of \(target.secondsText) s is less than two segments: DASH players that "
      + "switch between renditions may stall"
  }

  /// That the frame rate was measured, and how to state it; nil if something states it.
  ///
  /// Numbers of segments depend on the rate, and two servers may measure two rates.
  package var measuredRate: String? {
    guard settings.rate == nil, case .network(let facts) = configuration.source,
      facts.description.video.rate == nil
    else { return nil }
    let rate = configuration.segmentation.grid.rate
    let flag = configuration.passesThrough ? "--passthrough always --framerate" : "--framerate"
    return "the source states no frame rate: \(rate) fps was measured, and is kept; "
      + "\(flag) \(rate) states it"
  }

  /// The durations in whole frames; nil if they are as requested.
  package var rounding: String? {
    let segmentation = configuration.segmentation
    let timescale = Int64(segmentation.grid.rate.timescale)
    let segment = Interval.microseconds(segmentation.segmentTicks * 1_000_000 / timescale)
    let part = Interval.microseconds(segmentation.partTicks * 1_000_000 / timescale)
    // The default of ladders is about the duration of some whole frames.
    let asked = settings.requestedPartDuration ?? (settings.ladder.count > 1 ? part : nil)
    guard segment != settings.segmentDuration || part != asked ?? settings.partDuration else {
      return nil
    }
    return "\(Self.milliseconds(segment)) s and \(Self.milliseconds(part)) s, in whole frames"
  }
}

extension StreamNotes {
  /// Seconds with at most three digits after the point.
  private static func milliseconds(_ interval: Interval) -> String {
    // bounded: half a millisecond more, and whole milliseconds
    let rounded = (interval.microseconds + 500) / 1000
    return Interval.milliseconds(rounded).secondsText
  }
}

extension StreamSettings {
  /// The inputs, for people.
  var inputText: String { inputs.map { "\($0)" }.joined(separator: ", else ") }
}
