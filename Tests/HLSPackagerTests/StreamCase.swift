import HLSPackager
import Media
import Packaging
import TestSupport
import Testing

/// A stream whose playlists are looked at, one for each published part.
struct StreamCase: Sendable, CustomTestStringConvertible {
  let rate: String
  var segment: Int64 = 1_000_000
  var part: Int64 = 100_000
  var playlistLength = 10
  /// Whether the wall clock steps on the way: back by 0.2 s, then forwards over three segments.
  var steps = false
  var testDescription: String { "\(rate), \(segment) µs, \(part) µs\(steps ? ", steps" : "")" }

  static let all: [StreamCase] = [
    StreamCase(rate: "30"),
    StreamCase(rate: "30", steps: true),
    StreamCase(rate: "25"),
    StreamCase(rate: "30000/1001", steps: true),
    StreamCase(rate: "24000/1001", playlistLength: 12),
    StreamCase(rate: "60000/1001"),
    StreamCase(rate: "12.5"),
    StreamCase(rate: "30", segment: 500_000, playlistLength: 20),
    StreamCase(rate: "30", segment: 2_000_000, part: 200_000),
    StreamCase(rate: "30", part: 1, playlistLength: 12),
    StreamCase(rate: "24", segment: 708_333),
    StreamCase(rate: "30", segment: 1_400_000, part: 333_333, playlistLength: 20),
  ]

  func stream() throws -> SyntheticStream {
    SyntheticStream(
      try #require(FrameRate(rate)), segment: segment, part: part, playlistLength: playlistLength,
      retained: playlistLength + 4)
  }

  /// Snapshots after each of the parts of `segments` segments, after a full window of history.
  func snapshots(segments: Int64) throws -> [WindowSnapshot] {
    var stream = try stream()
    stream.goLive(history: Int64(playlistLength))
    var result: [WindowSnapshot] = [stream.window.snapshot]
    for segment in 0..<segments {
      if steps, segment == 3 { stream.skip(0, offset: -200_000_000) }
      if steps, segment == 6 { stream.skip(3, offset: 100_000_000) }
      for _ in 0..<stream.cadence.partsPerSegment {
        stream.publish(parts: 1)
        result.append(stream.window.snapshot)
      }
    }
    return result
  }

  /// The playlists of `snapshots`, read.
  static func playlists(
    _ snapshots: [WindowSnapshot], _ form: MediaPlaylist.Form = .full
  ) throws -> [ParsedPlaylist] {
    try snapshots.map { try ParsedPlaylist(text(of: $0, form)) }
  }

  /// The playlist of `snapshot`.
  static func text(
    of snapshot: WindowSnapshot, _ form: MediaPlaylist.Form = .full,
    numbering: MediaNames.Numbering = .epoch, first: Int64 = 1, base: String = ""
  ) throws -> String {
    let track = try #require(snapshot.track)
    let playlist = MediaPlaylist(
      snapshot, control: ServerControl(cadence: track.cadence),
      names: MediaNames(numbering, first: first), base: base)
    return try #require(playlist).text(form)
  }
}
