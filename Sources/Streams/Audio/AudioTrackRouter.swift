// SPDX-License-Identifier: Apache-2.0

import Capture
import Logging
import Scheduling
import Sharing
import Time

/// Gives the audio packets of an input to the tracks of the session that take them.
final class AudioTrackRouter: Sendable {
  private struct Routes: Sendable {
    /// The tracks of the input that ``tracks`` are for.
    var known: [InputDescription.Audio] = []
    /// For each track of the session, its track of the input.
    var tracks: [Int?] = []
    /// The titles of the tracks of the input, and its left out ones.
    var titles: [String] = []
    var reports = ChangeReports<[String]>()
  }

  private let outputs: [AudioOutput]
  private let stream: String
  private let log: Log
  private let routes = Locked(Routes())
  private let absence: AudioAbsence

  /// A router to the tracks of a session whose source is the input.
  init(
    _ outputs: [AudioOutput], stream: String, statistics: Locked<StreamStatistics>, log: Log
  ) {
    self.outputs = outputs
    self.stream = stream
    self.log = log
    absence = AudioAbsence(
      outputs.map(\.settings), stream: stream, statistics: statistics, log: log)
  }

  /// Takes a packet of an input with this description.
  func take(_ packet: AudioPacket, _ description: InputDescription, captured: MonotonicTime) {
    let found = description.audioTracks
    guard found.indices.contains(packet.track) else { return }
    let (tracks, line) = routes.withLock { routes -> ([Int?], String?) in
      route(description, &routes)
      guard routes.reports.reports(routes.titles, at: captured) else { return (routes.tracks, nil) }
      let main = zip(outputs, routes.tracks).filter { $0.0.settings.alternative == nil }
      return (routes.tracks, Self.line(main.map { $0.1 }, routes.titles))
    }
    if let line { log.write(.info, "audio-tracks", stream: stream, line) }
    let format = found[packet.track]
    for (index, (output, track)) in zip(outputs, tracks).enumerated()
    where track == packet.track {
      absence.audioArrived(index, at: packet.arrival)
      output.queue.push(
        .init(bytes: packet.bytes, format: format, pts: packet.pts, captured: captured))
    }
  }

  /// Notes an access unit of an input with this description.
  func videoArrived(_ description: InputDescription, at arrival: MonotonicTime) {
    let tracks = routes.withLock { routes in
      route(description, &routes)
      return routes.tracks
    }
    absence.videoArrived(at: arrival, isAnnounced: tracks.map { $0 != nil })
  }

  private func route(_ description: InputDescription, _ routes: inout Routes) {
    let found = description.audioTracks
    guard routes.known != found else { return }
    routes.known = found
    routes.tracks = AudioTrackSelector.assign(outputs.map(\.settings), found)
    routes.titles = (found + description.leftOutAudio).map(\.title)
  }

  /// The line about the tracks; nil if there is nothing to choose.
  private static func line(_ tracks: [Int?], _ titles: [String]) -> String? {
    guard titles.count > 1 || tracks.count > 1 else { return nil }
    let used = tracks.map { $0.map { titles[$0] } ?? "silence" }
    let taken = Set(tracks.compactMap(\.self))
    let leftOut = titles.indices.filter { !taken.contains($0) }.map { titles[$0] }
    let start =
      tracks == [0]
      ? "the first of \(titles.count) audio tracks is used: "
      : "\(taken.count) of \(titles.count) audio tracks are used: "
    return start + used.joined(separator: ", ")
      + (leftOut.isEmpty ? "" : "; left out: \(leftOut.joined(separator: ", "))")
  }
}
