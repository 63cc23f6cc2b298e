// SPDX-License-Identifier: Apache-2.0

import Access
import Capture
import Encryption
import HLSPackager
import Media
import Net
import Packaging
import Sharing
package import Streams
import Time

/// The settings of one stream, checked in combination, and the configuration made from them.
package struct StreamDefinition: Sendable {
  package let settings: StreamSettings
  /// For an input that is not opened yet: the configuration if it had the default size and rate.
  package let configuration: StreamConfiguration
  /// Whether a list of streams contains the stream: a failed start is retried then.
  package let isListed: Bool
  /// The server of the keys; nil if the media is clear, or the keys are in a file.
  private let keyServer: KeyServer?

  /// Checks the settings of a stream before its source is opened.
  ///
  /// - Parameters:
  ///   - settings: the settings of the stream.
  ///   - isListed: whether a list of streams contains the stream.
  ///   - isSupervised: whether a supervisor would restart the program.
  /// - Throws: an error for the first fault, with the location of the setting.
  package init(
    _ settings: StreamSettings, isListed: Bool, isSupervised: Bool
  ) throws(UsageError) {
    let isDeviceByFlag =
      if case .flag? = settings.locations["device"] { true } else { settings.device == nil }
    self.settings = settings
    self.isListed = isListed
    keyServer = EncryptionCheck.server(settings)
    do throws(UsageError) {
      try SourceCheck.check(settings)
      configuration = try Self.configuration(
        settings, nil, waitsForSource: isSupervised || isListed || !isDeviceByFlag)
    } catch { throw error.located(settings.locations, stream: settings.location) }
  }

  /// The configuration with an opened input.
  ///
  /// - Throws: an error if the settings do not suit the input, with the location of the setting.
  package func configuration(for input: PlannedInput) throws(UsageError) -> StreamConfiguration {
    do throws(UsageError) {
      return try Self.configuration(input.complete(settings), input, waitsForSource: true)
    } catch { throw located(error) }
  }

  /// The configuration with the stream of a connected upstream.
  ///
  /// - Throws: an error if the settings do not suit the stream, with the location of the setting.
  package func configuration(
    for description: FeedDescription
  ) throws(UsageError) -> StreamConfiguration {
    var configuration = description.configuration(named: settings.name)
    configuration.windowBytes = settings.windowMegabytes * 1_000_000
    do throws(UsageError) { try Self.checkHoldBack(settings, configuration) } catch {
      throw located(error)
    }
    return configuration
  }

  /// Whether the configuration lacks keys, which ``keyed(_:report:)`` adds.
  package var needsKeys: Bool { keyServer != nil }

  /// A configuration with the keys of the key server, for which it blocks; otherwise unchanged.
  ///
  /// - Parameters:
  ///   - configuration: that of a session.
  ///   - report: called when later keys are missing, with the reason, and nil when they arrive.
  /// - Returns: the configuration with keys.
  /// - Throws: an error if the server gives no key.
  package func keyed(
    _ configuration: StreamConfiguration, report: @escaping @Sendable (String?) -> Void
  ) throws(UsageError) -> StreamConfiguration {
    guard let keyServer else { return configuration }
    var configuration = configuration
    do throws(KeyServerFailure) {
      configuration.keys = try keyServer.keys(
        EncryptionCheck.rotation(settings, configuration.segmentation), report: report)
    } catch {
      throw located(UsageError(.option("encryption-keys"), .problem("\(error.reason)")))
    }
    return configuration
  }

  /// `error` with the locations of the settings that it names.
  package func located(_ error: UsageError) -> UsageError {
    error.located(settings.locations, stream: settings.location)
  }

  /// Whether the stream must be open before the program serves: flags describe it, and its source
  /// opens at once or never.
  package var mustBeOpen: Bool {
    !isListed && !settings.isOnDemand && !isUploaded
      && settings.upstream == nil
      && settings.input.map { $0.kind == .file && settings.backups.isEmpty } ?? true
  }

  /// Whether the stream consists of the files that its publisher uploads.
  package var isUploaded: Bool { settings.published == .uploads }

  private static func configuration(
    _ settings: StreamSettings, _ input: PlannedInput?, waitsForSource: Bool
  ) throws(UsageError) -> StreamConfiguration {
    let segmentation = settings.segmentation(
      hasVariableDuration: input?.fit?.hasVariableDuration ?? false)
    try checkPartDuration(settings, segmentation)
    let lengths = try WindowLengths(settings, segmentation)
    try checkPreset(settings)
    var stream = StreamConfiguration(
      renditions: try LadderCheck.renditions(
        settings, source: input?.facts.description.video.size),
      segmentation: segmentation)
    stream.name = settings.name
    stream.source =
      input.map { .network($0.facts) } ?? settings.device.map { .camera(path: $0) } ?? .test
    stream.audioTracks = (settings.audio ?? []).map { AudioTrackSettings($0) }
    if settings.takesInputAudio, let input {
      stream.audioTracks = settings.audioTracks.tracks(
        of: input.facts.description, beside: stream.renditions.map(\.name),
        copying: settings.audioCopy)
    }
    stream.waitsForSource = waitsForSource
    stream.passesThrough = input?.fit != nil
    stream.keepsRate = settings.keepsRate && !segmentation.hasVariableDuration
    stream.encoder = settings.encoder
    stream.preset = settings.preset
    stream.intraInterval = settings.intraInterval
    stream.burnsClock = settings.burnsClock
    stream.overlay = settings.drawnOverlay
    stream.slate = settings.slate
    stream.playlistLength = lengths.listed
    stream.retained = lengths.retained
    stream.windowBytes = settings.windowMegabytes * 1_000_000
    stream.prefill = lengths.prefill
    stream.numbering = settings.numbering
    stream.keys = try EncryptionCheck.keys(settings, segmentation)
    try checkHoldBack(settings, stream)
    return stream
  }

  private static func checkPartDuration(
    _ settings: StreamSettings, _ segmentation: Segmentation
  ) throws(UsageError) {
    let part = UsageError.Given.value(settings.partDuration.secondsText)
    guard settings.partDuration <= settings.segmentDuration else {
      let segment = settings.segmentDuration.secondsText
      throw UsageError(
        .option("part-duration"), part,
        expected: "at most \(option: "segment-duration"), \(segment) seconds")
    }
    guard
      segmentation.partTicks <= segmentation.targetDuration
        * Int64(segmentation.grid.rate.timescale)
    else {
      throw UsageError(
        .option("part-duration"), part,
        expected: "at most the target duration, \(segmentation.targetDuration) seconds")
    }
  }

  /// PART-HOLD-BACK is at least two Part Target Durations.
  /// - Source: RFC 8216bis §4.4.3.8
  private static func checkHoldBack(
    _ settings: StreamSettings, _ stream: StreamConfiguration
  ) throws(UsageError) {
    guard let holdBack = settings.holdBack else { return }
    let least = ServerControl(segmentations: stream.tracks.map(\.segmentation)).partTarget * 2
    guard holdBack >= least else {
      throw UsageError(
        .option("hold-back"), .value(holdBack.secondsText),
        expected: "at least two part durations, \(least.secondsText) seconds; three recommended")
    }
  }

  /// The presets of libx264 are known; each other encoder has its own.
  private static func checkPreset(_ settings: StreamSettings) throws(UsageError) {
    let presets = EncoderSettings.presets
    guard settings.encoder == EncoderSettings.defaultEncoder, !presets.contains(settings.preset)
    else { return }
    throw UsageError(
      .option("preset"), .value(settings.preset),
      expected: "with libx264 \(presets.joined(separator: ", "))")
  }
}
