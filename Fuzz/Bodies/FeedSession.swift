// SPDX-License-Identifier: Apache-2.0

import ChunkStream
import DASHPackager
import HLSPackager
import Logging
import Media
import Packaging
import Sharing
import Time

@testable import Streams

/// A session that serves the stream of another server, and all that is rendered from its windows.
final class FeedSession {
  /// The description that this server would send.
  let description: FeedDescription
  private let configuration: StreamConfiguration
  private let names: MediaNames
  private let windows: [LiveWindow]
  private let receiver: UpstreamSession

  /// The session that a description makes.
  init(_ description: FeedDescription) {
    let log = Log(format: .text, least: .error) { _ in }
    let configuration = description.configuration(named: "copy")
    let session = StreamSession(configuration, log: log)
    self.description = FeedDescription(session, path: description.path)
    self.configuration = configuration
    names = session.names
    windows = configuration.tracks.map {
      LiveWindow(
        segmentation: $0.segmentation, playlistLength: configuration.playlistLength,
        retained: configuration.retained)
    }
    receiver = UpstreamSession(
      SessionContext(
        configuration, anchor: SessionAnchor(configuration), sinks: windows, log: log),
      windows: windows)
  }

  /// Whether the session continues with a message.
  ///
  /// - Throws: for a message that no server sends.
  func take(_ message: FeedMessage) throws(MessageError) -> Bool {
    try receiver.handle(message) == .kept
  }

  /// The connection is lost; another feed continues the session.
  func disconnect() {
    receiver.disconnect()
    _ = receiver.nextSegment
  }

  /// The property of the windows that does not hold; nil if all hold.
  func fault() -> String? {
    for window in windows {
      let snapshot = window.snapshot
      let numbers = snapshot.segments.map(\.number) + [snapshot.open?.number].compactMap(\.self)
      for (number, next) in zip(numbers, numbers.dropFirst()) where next != number + 1 {
        return "segment \(next) follows \(number)"
      }
      let chunks = snapshot.segments.flatMap(\.chunks) + (snapshot.open?.chunks ?? [])
      for (chunk, next) in zip(chunks, chunks.dropFirst())
      where next.frameIndex < chunk.frameIndex + chunk.frames {
        return "frame \(next.frameIndex) follows \(chunk.frames) from \(chunk.frameIndex)"
      }
    }
    return nil
  }

  /// Renders each playlist and the manifest.
  func render() {
    let control = ServerControl(segmentations: windows.map(\.segmentation))
    for window in windows {
      for snapshot in [window.snapshot, window.listing] {
        let playlist = MediaPlaylist(
          snapshot, control: control, names: names, base: "", reports: [])
        _ = (playlist?.text(.full), playlist?.text(.delta))
        _ = ChunkedPlaylist(
          snapshot, names: names, base: "", targetDuration: control.targetDuration)?.text()
      }
    }
    let manifest = Manifest(
      windows[0].listing, tracks: windows.compactMap(\.snapshot.track),
      audio: windows.filter(\.segmentation.isAudio).map(\.listing),
      parameters: PresentationParameters(
        name: "copy", segmentation: configuration.segmentation, targetLatency: .seconds(1),
        inputDelay: configuration.inputDelay), names: names,
      location: Manifest.Location(origin: "http://localhost", base: ""),
      publishTime: SystemClock.wallTime)
    _ = manifest?.text()
  }
}
