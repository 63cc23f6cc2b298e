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
  let source: LiveStream?
  /// Its renditions, those of pictures with the best first, then that of sound; at least one.
  let renditions: [ServedRendition]
  let control: ServerControl
  /// Segments in `/timestamps.json`.
  let timestamps: Int
  let measures: Measures
  let multivariant: MultivariantShelf
  let manifests: ManifestShelf

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
  ///   - timestamps: segments in `/timestamps.json`.
  ///   - data: what media answers say of themselves, by rendition; empty for nothing.
  ///   - measures: what its threads know of it.
  ///   - source: the run that publishes into its windows.
  init(
    name: String, names: MediaNames, windows: [(name: String, window: LiveWindow)],
    control: ServerControl, terms: PresentationTerms? = nil, timestamps: Int = 20,
    data: [ServerData] = [], measures: Measures = Measures(), source: LiveStream? = nil
  ) {
    self.name = name
    self.source = source
    self.names = names
    self.control = control
    self.timestamps = timestamps
    self.measures = measures
    renditions = windows.enumerated().map { place, rendition in
      let kind = rendition.window.cadence.mediaType
      let others = windows.filter { $0.name != rendition.name }
        .map { other in
          PlaylistShelf.Other(
            uri: "../\(other.name)/playlist.m3u8", window: other.window,
            isInStep: other.window.cadence.mediaType == kind)
        }
      return ServedRendition(
        name: rendition.name, window: rendition.window,
        playlists: PlaylistShelf(
          name: name, names: names, window: rendition.window, control: control, others: others),
        media: MediaShelf(
          names.numbering, targetDuration: control.targetDuration,
          cadence: rendition.window.cadence, data: place < data.count ? data[place] : nil))
    }
    multivariant = MultivariantShelf(
      name: name, windows: windows.map(\.window), targetDuration: control.targetDuration)
    manifests = ManifestShelf(
      terms
        ?? PresentationTerms(
          name: name, cadence: windows[0].window.cadence.video,
          targetLatencyMicroseconds: 1_000_000,
          inputDelay: measures.inputDelay), names: names, windows: windows.map(\.window))
  }

  /// A stream of one rendition, `video`, from its parts.
  convenience init(
    name: String, names: MediaNames, window: LiveWindow, control: ServerControl,
    terms: PresentationTerms? = nil, timestamps: Int = 20, data: ServerData? = nil,
    measures: Measures = Measures()
  ) {
    self.init(
      name: name, names: names, windows: [("video", window)], control: control, terms: terms,
      timestamps: timestamps, data: data.map { [$0] } ?? [], measures: measures)
  }

  /// The best rendition.
  var top: ServedRendition { renditions[0] }
  /// The best rendition's window.
  var window: LiveWindow { top.window }
  /// The best rendition's playlists.
  var playlists: PlaylistShelf { top.playlists }
  /// The best rendition's media.
  var media: MediaShelf { top.media }

  convenience init(_ stream: LiveStream, options: ServingOptions) {
    let configuration = stream.configuration
    let sound = stream.sound.map { [("audio", $0)] } ?? []
    let windows = stream.renditions.map { ($0.rung.name, $0.window) } + sound
    let bitrates =
      configuration.rungs.map(\.bitrateKilobits)
      + [configuration.soundBitrateKilobits].compactMap(\.self)
    self.init(
      name: configuration.name, names: stream.names, windows: windows,
      control: ServerControl(
        cadences: windows.map(\.1.cadence),
        holdBackMicroseconds: configuration.holdBackMicroseconds),
      terms: configuration.presentationTerms, timestamps: configuration.timestamps,
      data: options.sendsCMSD ? bitrates.map(ServerData.init) : [],
      measures: Measures(
        inputDelay: configuration.inputDelay, statistics: { stream.statistics },
        clockError: { stream.clockError }), source: stream)
  }
}
