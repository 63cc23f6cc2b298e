import HLSPackager
import Packaging
import Streams

/// A stream with what the server keeps ready for it; shared by all loops.
final class ServedStream: Sendable {
  let stream: LiveStream
  let control: ServerControl
  let playlists: PlaylistShelf
  let manifests: ManifestShelf
  let media: MediaShelf

  init(_ stream: LiveStream, options: ServingOptions) {
    self.stream = stream
    control = ServerControl(
      cadence: stream.configuration.cadence,
      holdBackMicroseconds: stream.configuration.holdBackMicroseconds)
    playlists = PlaylistShelf(stream, control: control)
    manifests = ManifestShelf(stream)
    media = MediaShelf(
      stream, targetDuration: control.targetDuration, sendsCMSD: options.sendsCMSD)
  }

  var name: String { stream.configuration.name }
  var window: LiveWindow { stream.window }
  var names: MediaNames { stream.names }
}
