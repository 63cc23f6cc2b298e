import HLSPackager
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
    timestamps: Int = 20, measures: Measures = Measures()
  ) {
    self.name = name
    self.names = names
    self.window = window
    self.control = control
    self.timestamps = timestamps
    self.measures = measures
    playlists = PlaylistShelf(name: name, names: names, window: window, control: control)
    media = MediaShelf(names.numbering, targetDuration: control.targetDuration)
  }

  convenience init(_ stream: LiveStream) {
    let configuration = stream.configuration
    self.init(
      name: configuration.name, names: stream.names, window: stream.window,
      control: ServerControl(
        cadence: configuration.cadence, holdBackMicroseconds: configuration.holdBackMicroseconds),
      timestamps: configuration.timestamps,
      measures: Measures(
        inputDelay: configuration.inputDelay, statistics: { stream.statistics },
        clockError: { stream.clockError }))
  }
}
