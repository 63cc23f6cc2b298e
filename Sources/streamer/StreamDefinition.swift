// SPDX-License-Identifier: Apache-2.0

import Capture
import DASHPackager
import HLSPackager
import Logging
import Media
import Packaging
import Server
import Sharing
import Streams
import Time

/// One stream as its settings ask for it: checked as a whole.
struct StreamDefinition: Sendable {
  let settings: Settings
  /// What is made; of an input that is not known yet, what would be made if it had the usual size and rate.
  let configuration: StreamConfiguration
  private var isListed = false

  /// Checks and takes over the settings.
  ///
  /// - Parameters:
  ///   - settings: what was asked for; size and rate of an input are in it once they are known.
  ///   - facts: of the input that was asked for, once they are known.
  ///   - waitsForSource: whether a source that is missing at the start is tried again instead of being an error.
  /// - Throws: what is wrong with a flag, or with two that do not go together.
  init(
    _ settings: Settings, facts: SourceFacts? = nil, waitsForSource: Bool
  ) throws(UsageError) {
    let sources = [
      settings.isTestSource ? "--test-src" : nil, settings.device.map { _ in "--device" },
      settings.input.map { _ in "--input" },
    ].compactMap { $0 }
    if sources.count > 1 {
      throw UsageError(
        "\(sources.joined(separator: " and ")): both were given; allowed is one source")
    }
    try PassThroughChoice(settings: settings).check()
    guard settings.partMicroseconds <= settings.segmentMicroseconds else {
      throw UsageError(
        "--part-duration", given: Self.seconds(settings.partMicroseconds),
        allowed: "at most --segment-duration, \(Self.seconds(settings.segmentMicroseconds))")
    }
    let segmentation = settings.segmentation
    let length = try Self.playlistLength(settings, segmentation)
    let retained = settings.retained ?? max(20, length + 10)
    guard retained >= length + 2 else {
      throw UsageError(
        "--max-files", given: "\(retained)",
        allowed: "at least two more than --playlist-length, \(length)")
    }
    let prefill = settings.prefill ?? length
    guard prefill <= retained else {
      throw UsageError(
        "--history", given: "\(prefill)", allowed: "at most --max-files, \(retained)")
    }
    guard segmentation.partTicks <= segmentation.targetDuration * Int64(settings.rate.timescale)
    else {
      throw UsageError(
        "--part-duration", given: Self.seconds(settings.partMicroseconds),
        allowed: "at most the target duration of \(segmentation.targetDuration) s")
    }
    try Self.checkPreset(settings)
    self.settings = settings
    var stream = StreamConfiguration(
      renditions: try Self.renditions(settings), segmentation: segmentation)
    stream.name = settings.name
    stream.source =
      facts.map { .network($0) } ?? settings.device.map { .camera(path: $0) } ?? .test
    stream.audio = settings.audio ?? .none
    if settings.audio == nil, let audio = facts?.description.audio { stream.takeAudio(audio) }
    stream.waitsForSource = waitsForSource
    stream.passesThrough = settings.passesThrough
    stream.encoder = settings.encoder
    stream.preset = settings.preset
    stream.intraInterval = settings.intraInterval
    stream.burnsClock = settings.burnsClock
    stream.overlay = settings.overlay
    stream.playlistLength = length
    stream.retained = retained
    stream.prefill = prefill
    stream.numbering = settings.numbering
    try Self.checkHoldBack(settings, stream)
    configuration = stream
  }

  /// Checks and takes over the settings of a stream of a configuration.
  ///
  /// - Parameters:
  ///   - settings: what was asked for.
  ///   - isListed: whether a list of streams has it: what fails is tried again then.
  ///   - isSupervised: whether a supervisor would start the program again.
  /// - Throws: what is wrong, with the flag or the key's location in its file.
  init(placed settings: Settings, isListed: Bool, isSupervised: Bool) throws(UsageError) {
    let isDeviceFromFile = settings.origins["device"].map { $0 != "--device" } ?? false
    do throws(UsageError) {
      try self.init(settings, waitsForSource: isSupervised || isListed || isDeviceFromFile)
    } catch { throw UsageError(error, origins: settings.origins, location: settings.location) }
    self.isListed = isListed
  }

  private init(_ settings: Settings, _ configuration: StreamConfiguration) {
    self.settings = settings
    self.configuration = configuration
  }

  /// Whether it must be open before the program serves anything: named by flags, and at hand, so that it is open at
  /// once or never.
  var mustBeOpen: Bool {
    !isListed && !settings.isOnDemand && settings.input.map { $0.kind == .file } ?? true
  }

  /// How the server serves the stream.
  var serving: StreamServingOptions {
    var options = StreamServingOptions()
    options.label = settings.label
    options.source = settings.input.map { "\($0)" } ?? settings.device ?? "test picture"
    options.holdBack = settings.holdBackMicroseconds.map { .microseconds($0) }
    options.targetLatency = settings.targetLatencyMicroseconds.map { .microseconds($0) }
    options.timestamps = settings.timestamps
    options.holdLimit = .nanoseconds(settings.holdLimit)
    options.waitsForAbsentSegment = settings.waitsForAbsentSegment
    return options
  }

  /// What is asked for, for a host; the log is told what was made of it.
  func plan(log: Log) -> StreamPlan {
    var plan =
      settings.input.map { pulled($0, log) } ?? StreamPlan(configuration)
    plan.isOnDemand = settings.isOnDemand
    plan.isRetried = isListed || settings.isOnDemand
    plan.requestedOptions = settings.wish
    plan.opened = { [settings] in StreamDefinition(settings, $0).announce(log) }
    return plan
  }

  /// A plan whose size and rate are the input's where none were asked for.
  private func pulled(_ address: InputAddress, _ log: Log) -> StreamPlan {
    StreamPlan(name: settings.name) { [settings] start throws(StreamSession.Failure) in
      let choice = PassThroughChoice(settings: settings)
      let source = NetworkSource(
        address, options: settings.inputOptions, loops: settings.loops,
        takesAudio: settings.takesInputAudio,
        passThrough: choice.wish, name: settings.name, log: log)
      do {
        let facts = try source.begin(start.cancellation)
        let known: Settings
        switch choice.outcome(facts, isIrregular: start.hasIrregularKeyFrames) {
        case .pass(let fit): known = settings.passing(fit, facts)
        case .refuse(let reason): throw UsageError("--passthrough always: \(address), \(reason)")
        case .encode(let reason):
          known = settings.completed(by: facts)
          if let reason {
            log.write(
              .info, "passthrough", stream: settings.name, "decoded and encoded: \(reason)")
          }
        }
        let definition = try StreamDefinition(known, facts: facts, waitsForSource: true)
        return StreamPlan.Session(definition.configuration, source: source)
      } catch {
        source.stop()
        guard let wrong = error as? UsageError else {
          let location = settings.origins["input"] ?? "--input"
          throw .source("\(location): \"\(address)\" was given: \(error)")
        }
        throw .configuration(
          "\(UsageError(wrong, origins: settings.origins, location: settings.location))")
      }
    }
  }

  /// Tells the log what is made.
  private func announce(_ log: Log) {
    log.write(.info, "stream", stream: configuration.name, summary)
    if let lowLatencyNote {
      log.write(.warning, "low-latency", stream: configuration.name, lowLatencyNote)
    }
    if let roundingNote {
      log.write(.info, "durations", stream: configuration.name, roundingNote)
    }
  }

  /// What the log says where the MPD cannot have a low-latency form, or players cannot switch within its target; nil
  /// elsewhere.
  var lowLatencyNote: String? {
    guard configuration.presentationParameters(serving).availabilityTimeOffset == nil else {
      return switchingNote
    }
    return
      "segments of \(configuration.segmentation.framesPerSegment) frames leave no time for DASH players to ask "
      + "before they are complete: the MPD has no low-latency form"
  }

  /// A player that switches down waits for the next segment of the other rendition.
  /// - Source: DASH-IF IOP v5 part 4, Low-Latency Live, on several Representations
  private var switchingNote: String? {
    let (target, segment) = (
      serving.targetLatency(of: configuration).microseconds, configuration.segmentation.segmentNanoseconds
    )
    guard configuration.renditions.count > 1, 2 * segment > target * 1000 else { return nil }
    return
      "a target latency of \(Self.seconds(target)) s is less than two segments: DASH players that switch "
      + "between renditions may stall"
  }

  /// The rungs that were asked for: names must differ, and none may be larger than the first.
  private static func renditions(_ settings: Settings) throws(UsageError) -> [RenditionSettings] {
    guard !settings.ladder.isEmpty else {
      return RenditionSettings.ladder([(settings.size ?? .hd720, settings.bitrateKilobits ?? 2500)])
    }
    if settings.size != nil || settings.bitrateKilobits != nil {
      throw UsageError(
        "--rendition: was given with --resolution or --bitrate; allowed is one or the other")
    }
    let shape = settings.sourceSize ?? .hd720
    let renditions = RenditionSettings.ladder(
      try settings.ladder.map { wish throws(UsageError) in
        guard let size = wish.size(shape: shape) else {
          throw UsageError(
            "--rendition: its height would be below 64 for a source of \(shape); allowed is a wider one"
          )
        }
        return (size, wish.bitrateKilobits)
      })
    guard Set(renditions.map(\.name)).count == renditions.count else {
      throw UsageError("--rendition: the same was given twice; allowed are different ones")
    }
    guard let top = renditions.first,
      renditions.allSatisfy({ $0.size.width <= top.size.width && $0.size.height <= top.size.height }
      )
    else {
      throw UsageError(
        "--rendition: a later one is larger than the first; allowed is the best first")
    }
    return renditions
  }

  /// How many segments are never shorter than three Target Durations (RFC 8216bis §6.2.2).
  static func leastPlaylistLength(_ segmentation: Segmentation) -> Int {
    let three = 3 * segmentation.targetDuration * Int64(segmentation.grid.rate.timescale)
    return Int((three + segmentation.segmentTicks - 1) / segmentation.segmentTicks)
  }

  private static func playlistLength(
    _ settings: Settings, _ segmentation: Segmentation
  ) throws(UsageError) -> Int {
    let least = leastPlaylistLength(segmentation)
    guard let wish = settings.playlistLength else { return max(10, least) }
    guard wish >= least else {
      throw UsageError(
        "--playlist-length", given: "\(wish)",
        allowed: "at least \(least), three target durations of \(segmentation.targetDuration) s")
    }
    return wish
  }

  /// PART-HOLD-BACK must be two part targets or more (RFC 8216bis §4.4.3.8).
  private static func checkHoldBack(
    _ settings: Settings, _ stream: StreamConfiguration
  ) throws(UsageError) {
    guard let wish = settings.holdBackMicroseconds else { return }
    let part = ServerControl(segmentations: stream.segmentations).partTarget.microseconds
    guard wish >= 2 * part else {
      throw UsageError(
        "--hold-back", given: seconds(wish),
        allowed: "two part durations, \(seconds(2 * part)), or more; three are recommended")
    }
  }

  /// The presets of libx264 are known; those of other encoders are their own.
  private static func checkPreset(_ settings: Settings) throws(UsageError) {
    let presets = [
      "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower",
      "veryslow", "placebo",
    ]
    guard settings.encoder == "libx264", !presets.contains(settings.preset) else { return }
    throw UsageError(
      "--preset", given: settings.preset,
      allowed: "one of \(presets.joined(separator: ", ")) with libx264")
  }

  /// What the log says about durations that were made whole frames; nil where nothing was.
  var roundingNote: String? {
    let segmentation = configuration.segmentation
    let timescale = Int64(segmentation.grid.rate.timescale)
    let segment = segmentation.segmentTicks * 1_000_000 / timescale
    let part = segmentation.partTicks * 1_000_000 / timescale
    guard segment != settings.segmentMicroseconds || part != settings.partMicroseconds else {
      return nil
    }
    return "whole frames at \(segmentation.grid.rate) fps: segments of \(Self.seconds(segment)) s, "
      + "parts of \(Self.seconds(part)) s"
  }

  /// One line on what is made.
  var summary: String {
    let source =
      switch configuration.source {
      case .test: "test picture"
      case .camera(let path): path
      case .network: settings.input.map { "\($0)" } ?? "pulled input"
      }
    let audio =
      switch configuration.audio {
      case .none: "no sound"
      case .tone: "test tone"
      case .device(let name): "sound of \(name)"
      case .input(.some): "its sound as it comes"
      case .input(nil): "its sound"
      }
    let renditions = configuration.renditions.map {
      configuration.passesThrough
        ? "\($0.size) as it is coded" : "\($0.size) at \($0.bitrateKilobits) kbit/s"
    }
    let segmentation = configuration.segmentation
    let length =
      "\(segmentation.framesPerSegment) frames"
      + (segmentation.hasVariableDuration ? " or more, to the next key picture" : "")
    return
      "\(source), \(audio), \(renditions.joined(separator: ", ")), \(segmentation.grid.rate) fps; "
      + "segments of \(length), parts of \(segmentation.framesPerPart)"
  }

  private static func seconds(_ microseconds: Int64) -> String {
    Decimal.shortString(microseconds, digits: 6)
  }
}
