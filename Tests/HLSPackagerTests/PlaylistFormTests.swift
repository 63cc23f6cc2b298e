// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import Media
import Packaging
import TestSupport
import Testing

@Suite("Form and constants of Media Playlists, RFC 8216bis §4")
struct PlaylistFormTests {
  /// Tags that a Media Playlist may have once.
  static let single: [Substring] = [
    "#EXTM3U", "#EXT-X-VERSION", "#EXT-X-INDEPENDENT-SEGMENTS", "#EXT-X-TARGETDURATION",
    "#EXT-X-SERVER-CONTROL", "#EXT-X-PART-INF", "#EXT-X-MEDIA-SEQUENCE",
    "#EXT-X-DISCONTINUITY-SEQUENCE", "#EXT-X-SKIP", "#EXT-X-MAP", "#EXT-X-PRELOAD-HINT",
    "#EXT-X-ENDLIST", "# version",
  ]
  /// Tags that do not belong into a sliding playlist of whole files.
  static let foreign: [Substring] = [
    "#EXT-X-PLAYLIST-TYPE", "#EXT-X-START", "#EXT-X-ALLOW-CACHE", "#EXT-X-DEFINE",
    "#EXT-X-BYTERANGE", "#EXT-X-STREAM-INF", "#EXT-X-PREFETCH",
  ]

  @Test("PL-01: version 6, 9 with a SKIP, 10 for v2", arguments: StreamCase.all)
  func versions(row: StreamCase) throws {
    for moment in try row.moments() {
      #expect(moment.playlist.version == 6)
      let delta = try #require(moment.parsed[.delta])
      #expect(delta.version == (delta.skip == nil ? 6 : 9))
      let second = try #require(moment.parsed[.deltaWithDateRanges])
      #expect(second.version == (second.skip == nil ? 6 : 10))
    }
  }

  @Test(
    "PL-03: constants are the same bytes in every playlist of every form", arguments: StreamCase.all
  )
  func constants(row: StreamCase) throws {
    var seen: Set<String> = []
    let tags = ["TARGETDURATION", "SERVER-CONTROL", "PART-INF", "MAP", "INDEPENDENT"]
      .map { "#EXT-X-\($0)" }
    for moment in try row.moments() {
      for form in moment.texts.keys {
        let constant = moment.lines(form).filter { line in
          tags.contains { line.hasPrefix($0) }
        }
        #expect(constant.count == 5)
        seen.insert(constant.joined(separator: "\n"))
      }
    }
    #expect(seen.count == 1)
  }

  @Test(
    "PL-12: PART-HOLD-BACK ≥ 3 × the printed PART-TARGET, CAN-SKIP-UNTIL ≥ 6 TD",
    arguments: StreamCase.all)
  func serverControl(row: StreamCase) throws {
    let playlist = try #require(try row.moments().last).playlist
    let control = playlist.attributes("SERVER-CONTROL")
    let target = try #require(playlist.targetDuration)
    let partTarget = try #require(playlist.partTarget)
    #expect(control["CAN-BLOCK-RELOAD"] == "YES")
    let holdBack = ParsedPlaylist.microseconds(try #require(control["PART-HOLD-BACK"]))
    #expect(holdBack >= 3 * partTarget)
    #expect(holdBack < 3 * partTarget + 1000, "rounded up to the millisecond")
    let skipUntil = ParsedPlaylist.microseconds(try #require(control["CAN-SKIP-UNTIL"]))
    #expect(skipUntil >= 6 * target * 1_000_000)
    #expect(Set(control.keys) == ["CAN-BLOCK-RELOAD", "PART-HOLD-BACK", "CAN-SKIP-UNTIL"])
    #expect(Set(playlist.attributes("PART-INF").keys) == ["PART-TARGET"])
    #expect(partTarget <= target * 1_000_000, "Chromium refuses a longer one")
  }

  @Test(
    "PL-25, PL-27, PL-28: no tag twice, no tag that does not belong, plain text",
    arguments: StreamCase.all)
  func form(row: StreamCase) throws {
    // The tags of the lines; each line is checked once, since most are in dozens of playlists.
    var tags: [String: Substring] = [:]
    for moment in try row.moments() {
      for text in moment.texts.values {
        #expect(text.hasPrefix("#EXTM3U\n"))
        #expect(text.hasSuffix("\n"))
        let lines = text.byteLines.dropLast()
        var times: [Substring: Int] = [:]
        for line in lines {
          if tags[line] == nil {
            #expect(line.utf8.allSatisfy { (32...126).contains($0) }, "\(line)")
            tags[line] = line.prefix { $0 != ":" }
          }
          times[tags[line] ?? "", default: 0] += 1
        }
        #expect(times[""] == nil)
        #expect(Self.single.filter { times[$0, default: 0] > 1 } == [])
        #expect(Self.foreign.filter { times[$0] != nil } == [])
        let uris = lines.filter { !$0.hasPrefix("#") }
        #expect(Set(uris).count == uris.count)
        #expect(uris.allSatisfy { $0.hasSuffix(".m4s") })
      }
    }
  }

  @Test("the version is in a comment", arguments: StreamCase.all)
  func comment(row: StreamCase) throws {
    for moment in try row.moments() {
      #expect(moment.lines().contains("# version: \(moment.snapshot.version)"))
    }
  }

  @Test(
    "PL-17: MEDIA-SEQUENCE is the number in the first name, in either numbering",
    arguments: MediaNames.Numbering.allCases)
  func mediaSequence(numbering: MediaNames.Numbering) throws {
    let snapshots = try StreamCase(rate: "30", steps: true).moments().map(\.snapshot)
    let first = try #require(snapshots.first?.listed.first?.number)
    for snapshot in snapshots {
      let text = try StreamCase.text(of: snapshot, numbering: numbering, first: first)
      let playlist = try ParsedPlaylist(text)
      #expect((playlist.msn ?? 0) >= 1)
      for segment in playlist.segments {
        let digits = segment.uri.dropFirst(7).dropLast(4)
        #expect(Int64(digits) == segment.number)
        #expect(numbering == .epoch || digits.count == 5)
      }
    }
  }

  @Test(
    "PL-13: one hint for a part, with its URI and nothing else, and none at the end",
    arguments: StreamCase.all)
  func hints(row: StreamCase) throws {
    let playlists = try row.moments().map(\.playlist)
    for (now, next) in zip(playlists, playlists.dropFirst()) {
      #expect(now.hints.count == 1)
      let list = ParsedPlaylist.attributes(String((now.hints.first ?? "").dropFirst(20)))
      #expect(list.map { Set($0.keys) } == ["TYPE", "URI"])
      #expect(list?["TYPE"] == "PART")
      let skips = next.segments.contains {
        $0.isGap && $0.number > (now.segments.last?.number ?? 0)
      }
      guard !skips else { continue }
      #expect(next.all.last?.parts.last?.uri == list?["URI"])
    }
  }

  @Test("PL-23: ENDLIST, no hint, and everything that was there is a segment")
  func ended() throws {
    var stream = try StreamCase(rate: "30").stream()
    stream.goLive(prefill: 10)
    stream.publish(frames: 17)
    let before = try ParsedPlaylist(StreamCase.text(of: stream.window.snapshot))
    stream.window.end()
    let after = try ParsedPlaylist(StreamCase.text(of: stream.window.snapshot))
    #expect(!before.isEnded)
    #expect(after.isEnded)
    #expect(after.hints.isEmpty)
    #expect(after.open == nil)
    #expect(after.segments.last?.number == before.open?.number)
    #expect(after.segments.last?.parts.count == 6)
  }
}
