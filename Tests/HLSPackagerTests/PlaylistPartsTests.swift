// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import Media
import Packaging
import TestSupport
import Testing
import Time

@Suite("Parts and segments in Media Playlists, RFC 8216bis §4.4.4.9, §6.2.2")
struct PlaylistPartsTests {
  @Test(
    "PL-04, PL-05: parts are 85–100 % of the target as printed, but for the exceptions",
    arguments: StreamCase.all)
  func durations(row: StreamCase) throws {
    for playlist in try row.moments().map(\.playlist) {
      let target = try #require(playlist.partTarget)
      for segment in playlist.all {
        for (place, part) in segment.parts.enumerated() {
          #expect(part.microseconds <= target)
          let isLast = segment.uri != "" && place == segment.parts.count - 1
          guard !part.isIndependent, !isLast else { continue }
          #expect(100 * part.microseconds >= 85 * target, "\(part.line)")
        }
      }
    }
  }

  @Test("PL-02: TARGETDURATION ≥ 1, and every EXTINF rounds to no more", arguments: StreamCase.all)
  func target(row: StreamCase) throws {
    for playlist in try row.moments().map(\.playlist) {
      let target = try #require(playlist.targetDuration)
      #expect(target >= 1)
      for segment in playlist.segments {
        #expect((segment.microseconds + 500_000) / 1_000_000 <= target)
      }
    }
  }

  @Test(
    "PL-06: the first part of a segment is independent, and no other", arguments: StreamCase.all)
  func independent(row: StreamCase) throws {
    for segment in try row.moments().flatMap(\.playlist.all) {
      for (place, part) in segment.parts.enumerated() {
        #expect(part.isIndependent == (place == 0))
      }
    }
  }

  @Test("PL-07, PL-09: a part's URI is its parent's with its index", arguments: StreamCase.all)
  func uris(row: StreamCase) throws {
    for segment in try row.moments().flatMap(\.playlist.all) {
      for (place, part) in segment.parts.enumerated() {
        #expect(part.uri == "segment\(segment.number).\(place).m4s")
      }
      #expect(segment.uri.isEmpty || segment.uri == "segment\(segment.number).m4s")
    }
  }

  /// Listed as long as the last part of the parent is within three Target Durations of the end, all
  /// or none.
  @Test("PL-10: parts go by parent, when further than 3 TD from the end", arguments: StreamCase.all)
  func removal(row: StreamCase) throws {
    for moment in try row.moments() {
      let (snapshot, playlist) = (moment.snapshot, moment.playlist)
      let segmentation = try #require(snapshot.track?.segmentation.video)
      let limit = 3 * segmentation.targetDuration * Int64(segmentation.grid.rate.timescale)
      var distance = (snapshot.open?.parts ?? []).reduce(0) { $0 + $1.duration }
      #expect(playlist.open?.parts.count ?? 0 == snapshot.open?.parts.count ?? 0)
      for segment in snapshot.listed.reversed() {
        let shown = playlist.segments.first { $0.number == segment.number }
        #expect(shown?.parts.count == (distance <= limit ? segment.parts.count : 0))
        distance += segment.duration
      }
    }
  }

  @Test("PL-11: part durations sum to EXTINF, to a microsecond each", arguments: StreamCase.all)
  func sums(row: StreamCase) throws {
    for segment in try row.moments().flatMap(\.playlist.segments)
    where !segment.parts.isEmpty {
      let sum = segment.parts.reduce(0) { $0 + $1.microseconds }
      #expect(abs(sum - segment.microseconds) <= Int64(segment.parts.count))
    }
  }

  @Test("PL-18: at least 3 TD and at least six segments are listed", arguments: StreamCase.all)
  func length(row: StreamCase) throws {
    for playlist in try row.moments().map(\.playlist) {
      let sum = playlist.segments.reduce(0) { $0 + $1.microseconds }
      #expect(sum >= 3 * (playlist.targetDuration ?? 0) * 1_000_000)
      #expect(playlist.segments.count == row.playlistLength)
    }
  }

  @Test(
    "PL-08, PL-20: every segment has the frame time of its first frame, to the millisecond",
    arguments: StreamCase.all)
  func programDateTime(row: StreamCase) throws {
    for moment in try row.moments() {
      let (snapshot, playlist) = (moment.snapshot, moment.playlist)
      let segmentation = try #require(snapshot.track?.segmentation.video)
      let offsets = Set<Interval>(row.steps ? [0, -200_000_000, 100_000_000] : [0])
      for segment in playlist.all {
        let frameTime = segmentation.grid.frameTime(of: segmentation.firstFrame(of: segment.number))
        let texts = offsets.map { UTCTime(frameTime.wall + $0).text }
        #expect(texts.contains(segment.programDateTime ?? "none"))
        #expect(segment.head.count == (segment.startsDiscontinuity ? 2 : 1))
      }
    }
  }

  @Test("PL-28: EXTINF over any run is within one frame of the truth", arguments: StreamCase.all)
  func truth(row: StreamCase) throws {
    let last = try #require(try row.moments().last)
    let (snapshot, playlist) = (last.snapshot, last.playlist)
    let rate = try #require(snapshot.track?.segmentation.video.grid.rate)
    let frames = try #require(snapshot.track?.segmentation.video.framesPerSegment)
    let sum = playlist.segments.reduce(0) { $0 + $1.microseconds }
    let truth = Int64(playlist.segments.count) * frames * rate.denominator * 1_000_000
    let frame = rate.denominator * 1_000_000
    #expect(abs(sum * rate.numerator - truth) < frame)
  }

  @Test(
    "PL-21, PL-22: a skip is one DISCONTINUITY and gaps; its sequence rises at its eviction"
  )
  func gaps() throws {
    let row = StreamCase(rate: "30", steps: true)
    let playlists = try row.moments().map(\.playlist)
    let shown = playlists.map { $0.segments.count { $0.isGap } }
    #expect(Set(shown) == [0, 1, 2, 3])
    #expect(playlists.first?.discontinuitySequence == 0)
    #expect(playlists.last?.discontinuitySequence == 2)
    for playlist in playlists {
      let begun = playlist.all.count { $0.startsDiscontinuity }
      let passed = try #require(playlist.discontinuitySequence)
      #expect(Int64(begun) + passed <= 2)
      for (before, segment) in zip(playlist.segments, playlist.segments.dropFirst())
      where segment.isGap {
        #expect(segment.startsDiscontinuity == !before.isGap)
        #expect(segment.parts.isEmpty)
      }
    }
  }
}
