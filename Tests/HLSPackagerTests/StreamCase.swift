// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import Media
import Packaging
import Sharing
import TestSupport
import Testing

/// A stream whose playlists are checked after each published part.
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

  /// A window after one of its parts, with its playlists, which are read.
  struct Moment: Sendable {
    let snapshot: WindowSnapshot
    let texts: [MediaPlaylist.Form: String]
    let parsed: [MediaPlaylist.Form: ParsedPlaylist]
    let playlist: ParsedPlaylist

    /// The lines of a text, without the empty one at its end.
    func lines(_ form: MediaPlaylist.Form = .full) -> [String] {
      (texts[form] ?? "").byteLines.dropLast()
    }
  }

  /// The stream after each part of some hundred, after a full window of history; made once for all
  /// tests.
  func moments() throws -> [Moment] {
    // A lock for each case: a test waits for no recording but its own.
    guard let recorded = Self.recorded[testDescription] else { return try record() }
    return try recorded.withLock { recorded in
      if let recorded { return recorded }
      let moments = try record()
      recorded = moments
      return moments
    }
  }

  private static let recorded = Dictionary(
    uniqueKeysWithValues: all.map { ($0.testDescription, Locked<[Moment]?>(nil)) })

  private func record() throws -> [Moment] {
    var stream = try stream()
    stream.goLive(prefill: Int64(playlistLength))
    var result: [Moment] = []
    for segment in 0..<(steps ? 22 : 10) {
      if steps, segment == 3 { stream.skip(0, offset: -200_000_000) }
      if steps, segment == 6 { stream.skip(3, offset: 100_000_000) }
      for _ in 0..<stream.segmentation.partsPerSegment {
        stream.publish(parts: 1)
        let snapshot = stream.window.snapshot
        var texts: [MediaPlaylist.Form: String] = [:]
        var parsed: [MediaPlaylist.Form: ParsedPlaylist] = [:]
        for form in MediaPlaylist.Form.allCases {
          let text = try Self.text(of: snapshot, form)
          (texts[form], parsed[form]) = (text, try ParsedPlaylist(text))
        }
        result.append(
          Moment(
            snapshot: snapshot, texts: texts, parsed: parsed,
            playlist: try #require(parsed[.full])))
      }
    }
    return result
  }

  /// The playlist of `snapshot`.
  static func text(
    of snapshot: WindowSnapshot, _ form: MediaPlaylist.Form = .full,
    numbering: MediaNames.Numbering = .epoch, first: Int64 = 1, base: String = ""
  ) throws -> String {
    let track = try #require(snapshot.track)
    let playlist = MediaPlaylist(
      snapshot, control: ServerControl(segmentations: [track.segmentation]),
      names: MediaNames(numbering, first: first), base: base)
    return try #require(playlist).text(form)
  }
}
