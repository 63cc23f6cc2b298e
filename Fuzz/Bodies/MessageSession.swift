// SPDX-License-Identifier: Apache-2.0

import CMAF
import Capture
import ChunkStream
import DASHPackager
import HLSPackager
import Logging
import Media
import Packaging
import Sharing
import Time

@testable import Streams

/// The receiver of a session, its windows, and all that is rendered from them.
final class MessageSession {
  private let configuration: StreamConfiguration
  private let windows: [LiveWindow]
  private let receiver: SessionReceiver

  /// A session of a ladder with audio, or of a passed-through track with segments of variable
  /// duration.
  init(isPassedThrough: Bool) {
    let segmentation = Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000,
      maximumGroupMicroseconds: isPassedThrough ? 4_000_000 : nil)
    let ladder: [(VideoSize, Int)] = [(.hd720, 2500), (.hd720, 1000)]
    var configuration = StreamConfiguration(
      renditions: RenditionSettings.ladder(isPassedThrough ? [ladder[0]] : ladder),
      segmentation: segmentation)
    configuration.passesThrough = isPassedThrough
    configuration.audioTracks = [AudioTrackSettings(.tone)]
    self.configuration = configuration
    windows = configuration.tracks.map {
      LiveWindow(segmentation: $0.segmentation, playlistLength: 6, retained: 8)
    }
    let context = SessionContext(
      configuration, anchor: SessionAnchor(configuration), sinks: windows,
      log: Log(format: .text, least: .error) { _ in })
    receiver = SessionReceiver(context, windows: windows)
  }

  /// Handles a message; the property that does not hold, or nil.
  func take(_ message: ChildMessage) -> String? {
    if case .facts(let fields) = message {
      guard let facts = try? SourceFacts(fields: fields) else { return nil }
      let isSame = (try? SourceFacts(fields: facts.limited.fields)) == facts
      return isSame ? nil : "\(facts) are written differently"
    }
    if case .status(let fields) = message {
      guard let status = try? SessionStatus(fields: fields) else { return nil }
      let again = try? SessionStatus(fields: status.fields)
      if again?.fields != status.fields { return "a status is written differently" }
    }
    let newest = newestFrame(of: message)
    guard (try? receiver.handle(message)) != nil else { return nil }
    if let fault = sent(message, after: newest) { return fault }
    for window in windows {
      let snapshot = window.snapshot
      let numbers = snapshot.segments.map(\.number) + [snapshot.open?.number].compactMap(\.self)
      for (number, next) in zip(numbers, numbers.dropFirst()) where next <= number {
        return "segment \(next) follows \(number)"
      }
    }
    return nil
  }

  /// The newest frame in the window for which a chunk was sent; nil before the first one.
  private func newestFrame(of message: ChildMessage) -> Int64? {
    guard case .chunk(let sent) = message, windows.indices.contains(Int(sent.track)) else {
      return nil
    }
    return windows[Int(sent.track)].newestChunk?.frameIndex
  }

  /// Compares what was taken with the fields that the sender would make of it.
  ///
  /// After its end a session leaves out chunks, and the window keeps the newest one that it took.
  private func sent(_ message: ChildMessage, after newest: Int64?) -> String? {
    switch message {
    case .chunk(let sent):
      guard let chunk = windows[Int(sent.track)].newestChunk, sent.role != .opening,
        chunk.frameIndex == sent.chunk.frameIndex, chunk.frameIndex != newest
      else { return nil }
      let again = ChunkMessage(
        Chunk(chunk, published: sent.chunk.published, bytes: sent.chunk.bytes), track: sent.track,
        role: sent.role, offset: sent.offset)
      let bytes = (ChildMessage.chunk(again).bytes, message.bytes)
      return bytes.0 == bytes.1 ? nil : "\(bytes.1) are sent as \(bytes.0)"
    case .period(let track, let fields):
      let newest = windows[Int(track)].snapshot.track.map { TrackFields($0) }
      let again = PeriodFields(
        offset: fields.offset, skipped: fields.skipped, track: fields.track == nil ? nil : newest)
      return again == fields ? nil : "\(fields) are sent as \(again)"
    default: return nil
    }
  }

  /// Renders each playlist and the manifest, and the order for the next process.
  func render() {
    let names = MediaNames(.epoch, first: 0)
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
    let parameters = PresentationParameters(
      name: "live", segmentation: configuration.segmentation, targetLatency: .seconds(1),
      inputDelay: .zero)
    let manifest = Manifest(
      windows[0].listing, tracks: windows.compactMap(\.snapshot.track),
      audio: windows.filter(\.segmentation.isAudio).map(\.listing), parameters: parameters,
      names: names, location: Manifest.Location(origin: "http://localhost", base: ""),
      publishTime: SystemClock.wallTime)
    _ = (manifest?.text(), receiver.order.fields)
  }
}

extension LiveWindow {
  /// The newest chunk; nil in an empty window.
  fileprivate var newestChunk: Chunk? {
    snapshot.open?.chunks.last ?? snapshot.segments.last?.chunks.last
  }
}
