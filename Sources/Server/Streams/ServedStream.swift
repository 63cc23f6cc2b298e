// SPDX-License-Identifier: Apache-2.0

import DASHPackager
import HLSPackager
import Media
import Packaging
import Streams

/// A stream with what the server keeps ready for it; shared by all loops.
final class ServedStream: Sendable {
  let name: String
  let names: MediaNames
  /// The run that publishes into its windows; nil where another does.
  let source: StreamSession?
  /// Its renditions, those of pictures with the best first, then that of sound; at least one.
  let renditions: [ServedRendition]
  let control: ServerControl
  let options: StreamServingOptions
  let measures: Measures
  let multivariant: MultivariantCache
  let manifests: ManifestCache

  /// What the stream's own threads know of it, for statistics.
  struct Measures: Sendable {
    /// Nanoseconds after its tick at which a slot closes.
    var inputDelay: Int64 = 0
    /// What was counted so far.
    var statistics: @Sendable () -> StreamStatistics = { StreamStatistics() }
    /// Wall clock minus what the stream says of it, in nanoseconds.
    var clockError: @Sendable () -> Int64 = { 0 }
  }

  /// A stream from its parts, whoever publishes into its windows.
  ///
  /// - Parameters:
  ///   - name: the first element of its URLs.
  ///   - names: its names of media.
  ///   - windows: the renditions' names and windows, those of pictures with the best first; at least one.
  ///   - control: what its playlists say of themselves.
  ///   - terms: what its MPDs say of themselves; nil for those that follow from the rest.
  ///   - options: how it is served.
  ///   - data: what media answers say of themselves, by rendition; empty for nothing.
  ///   - measures: what its threads know of it.
  ///   - source: the run that publishes into its windows.
  init(
    name: String, names: MediaNames, windows: [(name: String, window: LiveWindow)],
    control: ServerControl, terms: PresentationParameters? = nil,
    options: StreamServingOptions = StreamServingOptions(), data: [CMSDFields] = [], measures: Measures = Measures(), source: StreamSession? = nil
  ) {
    self.name = name
    self.source = source
    self.names = names
    self.control = control
    self.options = options
    self.measures = measures
    renditions = windows.enumerated().map { place, rendition in
      let kind = rendition.window.segmentation.mediaType
      let others = windows.filter { $0.name != rendition.name }
        .map { other in
          PlaylistCache.Other(
            uri: "../\(other.name)/playlist.m3u8", window: other.window,
            isInStep: other.window.segmentation.mediaType == kind)
        }
      return ServedRendition(
        name: rendition.name, window: rendition.window,
        playlists: PlaylistCache(
          name: name, names: names, window: rendition.window, control: control, others: others),
        media: MediaResponseCache(
          names.numbering, targetDuration: control.targetDuration,
          segmentation: rendition.window.segmentation, data: place < data.count ? data[place] : nil)
      )
    }
    multivariant = MultivariantCache(
      name: name, windows: windows.map(\.window), targetDuration: control.targetDuration)
    manifests = ManifestCache(
      terms
        ?? PresentationParameters(
          name: name, segmentation: windows[0].window.segmentation.video,
          targetLatencyMicroseconds: 1_000_000,
          inputDelay: measures.inputDelay), names: names, windows: windows.map(\.window))
  }

  /// A stream of one rendition, `video`, from its parts.
  convenience init(
    name: String, names: MediaNames, window: LiveWindow, control: ServerControl,
    terms: PresentationParameters? = nil,
    options: StreamServingOptions = StreamServingOptions(), data: CMSDFields? = nil,
    measures: Measures = Measures()
  ) {
    self.init(
      name: name, names: names, windows: [("video", window)], control: control, terms: terms,
      options: options, data: data.map { [$0] } ?? [], measures: measures)
  }

  /// The best rendition.
  var top: ServedRendition { renditions[0] }
  /// The best rendition's window.
  var window: LiveWindow { top.window }
  /// The best rendition's playlists.
  var playlists: PlaylistCache { top.playlists }
  /// The best rendition's media.
  var media: MediaResponseCache { top.media }

  /// The stream of a session.
  convenience init(_ stream: StreamSession, _ options: StreamServingOptions, sendsCMSD: Bool) {
    let configuration = stream.configuration
    let audio = stream.audio.map { [("audio", $0)] } ?? []
    let windows = stream.renditions.map { ($0.settings.name, $0.window) } + audio
    let bitrates =
      configuration.renditions.map(\.bitrateKilobits)
      + [configuration.audioBitrateKilobits].compactMap(\.self)
    self.init(
      name: configuration.name, names: stream.names, windows: windows,
      control: ServerControl(
        segmentations: windows.map(\.1.segmentation),
        holdBackMicroseconds: options.holdBackMicroseconds),
      terms: configuration.presentationParameters(options), options: options,
      data: sendsCMSD ? bitrates.map(CMSDFields.init) : [],
      measures: Measures(
        inputDelay: configuration.inputDelay, statistics: { stream.statistics },
        clockError: { stream.clockError }), source: stream)
  }
}
