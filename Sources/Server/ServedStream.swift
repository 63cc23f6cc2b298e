import DASHPackager
import HLSPackager
import Media
import Packaging
import Streams

/// A stream with what the server keeps ready for it; shared by all loops.
final class ServedStream: Sendable {
  let name: String
  let names: MediaNames
  let window: LiveWindow
  let control: ServerControl
  /// Segments in `/timestamps.json`.
  let timestamps: Int
  let measures: Measures
  let playlists: PlaylistShelf
  let manifests: ManifestShelf
  let media: MediaShelf

  /// What the stream's own threads know of it, for statistics.
  struct Measures: Sendable {
    /// Nanoseconds after its tick at which a slot closes.
    var inputDelay: Int64 = 0
    /// What was counted so far.
    var statistics: @Sendable () -> StreamStatistics = { StreamStatistics() }
    /// Wall clock minus what the stream says of it, in nanoseconds.
    var clockError: @Sendable () -> Int64 = { 0 }
  }

  /// A stream from its parts, whoever publishes into its window.
  init(
    name: String, names: MediaNames, window: LiveWindow, control: ServerControl,
    terms: PresentationTerms? = nil, timestamps: Int = 20, data: ServerData? = nil,
    measures: Measures = Measures()
  ) {
    self.name = name
    self.names = names
    self.window = window
    self.control = control
    self.timestamps = timestamps
    self.measures = measures
    playlists = PlaylistShelf(name: name, names: names, window: window, control: control)
    manifests = ManifestShelf(
      terms
        ?? PresentationTerms(
          name: name, cadence: window.cadence, targetLatencyMicroseconds: 1_000_000,
          inputDelay: measures.inputDelay), names: names, window: window)
    media = MediaShelf(
      names.numbering, targetDuration: control.targetDuration, cadence: window.cadence, data: data)
  }

  convenience init(_ stream: LiveStream, options: ServingOptions) {
    let configuration = stream.configuration
    let cadence = configuration.cadence
    self.init(
      name: configuration.name, names: stream.names, window: stream.window,
      control: ServerControl(
        cadence: cadence, holdBackMicroseconds: configuration.holdBackMicroseconds),
      terms: configuration.presentationTerms, timestamps: configuration.timestamps,
      data: options.sendsCMSD
        ? ServerData(rate: cadence.grid.rate, bitrateKilobits: configuration.bitrateKilobits)
        : nil,
      measures: Measures(
        inputDelay: configuration.inputDelay, statistics: { stream.statistics },
        clockError: { stream.clockError }))
  }
}
