// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import Media
import Packaging
import TestSupport
import Testing

@Suite("Updates of Media Playlists, RFC 8216bis §6.2.1, §6.2.5.1")
struct PlaylistUpdateTests {
  @Test(
    "PL-30: the next playlist only appends, removes from the front and drops old parts",
    arguments: StreamCase.all)
  func extends(row: StreamCase) throws {
    let playlists = try row.moments().map(\.playlist)
    for (old, new) in zip(playlists, playlists.dropFirst()) {
      let (first, next) = (try #require(old.msn), try #require(new.msn))
      #expect(next >= first)
      let removed = old.segments.filter { $0.number < next }
      #expect(removed.map(\.number) == Array(first..<first + Int64(removed.count)))
      let discontinuities = Int64(removed.count { $0.startsDiscontinuity })
      #expect(new.discontinuitySequence == (old.discontinuitySequence ?? -1) + discontinuities)
      for segment in old.segments where segment.number >= next {
        let same = try #require(new.segments.first { $0.number == segment.number })
        #expect(same.bareLines == segment.bareLines)
        #expect(same.parts == segment.parts || same.parts.isEmpty)
      }
      if let open = old.open {
        let same = try #require(new.all.first { $0.number == open.number })
        #expect(same.head == open.head)
        #expect(Array(same.parts.prefix(open.parts.count)) == open.parts)
      }
      let firstWithParts = new.all.first { !$0.parts.isEmpty }?.number ?? 0
      #expect(new.all.allSatisfy { $0.number < firstWithParts || !$0.parts.isEmpty || $0.isGap })
      let before = Set(old.all.flatMap(\.parts).map(\.line))
      let added = new.all.flatMap(\.parts).filter { !before.contains($0.line) }
      #expect(added.count == 1, "one part at a time")
    }
  }

  @Test(
    "PL-15: merge(full at n−k, delta at n) is full at n, for every k inside the boundary",
    arguments: StreamCase.all)
  func merge(row: StreamCase) throws {
    let moments = try row.moments()
    let segmentation = try #require(moments.first?.snapshot.track?.segmentation.video)
    // A client may ask for a delta update as long as its copy is younger than the Skip Boundary.
    let boundary = 6 * segmentation.targetDuration * Int64(segmentation.grid.rate.timescale)
    // Equal lines have equal numbers: the lines themselves would be compared a million times.
    var numbers: [[String]: Int] = [:]
    let bare = moments.map { moment in
      moment.playlist.segments.reduce(into: [Int64: Int]()) { bare, segment in
        let next = numbers.count
        let number = numbers[segment.bareLines, default: next]
        (numbers[segment.bareLines], bare[segment.number]) = (number, number)
      }
    }
    for (now, moment) in moments.enumerated() {
      let lines = moment.lines()
      for form in [MediaPlaylist.Form.delta, .deltaWithDateRanges] {
        let delta = try #require(moment.parsed[form])
        #expect(delta.merged(into: moment.playlist) == lines)
        // Into an older copy the same is put, if that has the same skipped segments.
        let skipped = (delta.msn ?? 0)..<(delta.msn ?? 0) + Int64(delta.skipped)
        for before in (0..<now).reversed() {
          let parts = moment.snapshot.version - moments[before].snapshot.version
          guard parts * segmentation.partTicks <= boundary else { break }
          guard !skipped.allSatisfy({ bare[before][$0] == bare[now][$0] }) else { continue }
          Issue.record("\(form) of \(now) into \(before)")
          return
        }
      }
    }
  }

  @Test(
    "PL-15: only segments beyond the boundary are skipped, and all of those",
    arguments: StreamCase.all)
  func boundary(row: StreamCase) throws {
    for moment in try row.moments() {
      let (snapshot, full) = (moment.snapshot, moment.playlist)
      let delta = try #require(moment.parsed[.delta])
      let segmentation = try #require(snapshot.track?.segmentation.video)
      let boundary = 6 * segmentation.targetDuration * Int64(segmentation.grid.rate.timescale)
      var distance: Int64 = 0
      var kept = 0
      for segment in snapshot.listed.reversed() where distance <= boundary {
        distance += segment.duration
        kept += 1
      }
      #expect(delta.skipped == snapshot.listed.count - kept)
      #expect(delta.segments.count == kept)
      #expect(delta.msn == full.msn)
      #expect(delta.discontinuitySequence == full.discontinuitySequence)
      #expect(delta.map == full.map, "PL-16: printed again before the first unskipped segment")
      if delta.skipped == 0 {
        #expect(moment.texts[.delta] == moment.texts[.full])
      }
    }
  }

  @Test("DD-09: v2 says that no date range was removed")
  func secondForm() throws {
    let snapshot = try #require(try StreamCase(rate: "30").moments().last).snapshot
    let text = try StreamCase.text(of: snapshot, .deltaWithDateRanges)
    #expect(text.contains("#EXT-X-SKIP:SKIPPED-SEGMENTS=3,RECENTLY-REMOVED-DATERANGES=\"\"\n"))
  }

  @Test("equal versions are equal texts, other versions are other texts", arguments: StreamCase.all)
  func identity(row: StreamCase) throws {
    var stream = try row.stream()
    stream.goLive(prefill: Int64(row.playlistLength))
    var texts: [Int64: String] = [:]
    for step in 0..<3 * stream.segmentation.framesPerSegment {
      if row.steps, step == stream.segmentation.framesPerSegment { stream.skip(2) }
      stream.publish(frames: 1)
      let snapshot = stream.window.snapshot
      let text = try StreamCase.text(of: snapshot)
      #expect(texts[snapshot.version, default: text] == text)
      texts[snapshot.version] = text
    }
    #expect(Set(texts.values).count == texts.count)
  }
}
