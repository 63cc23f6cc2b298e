// SPDX-License-Identifier: Apache-2.0

import DASHPackager
import Encryption
import Media
import Packaging
import TestSupport
import Testing
import Time

@Suite("Periods of the past")
struct ManifestPastTests {
  /// A stream, two runs before it with a gap between them and other headers, and its own run.
  private func past(
    _ form: ManifestCase, _ stream: SyntheticStream, gap: Int64 = 40
  ) throws -> [ManifestPast.Run] {
    let track = try #require(stream.window.snapshot.track)
    let first = try #require(stream.window.snapshot.segments.first).number
    func run(_ start: Int64, _ end: Int64, _ header: String) -> ManifestPast.Run {
      let old = TrackDescription(
        rendition: "video", codecs: "avc1.42c01f", bandwidth: track.bandwidth,
        content: track.content, segmentation: track.segmentation, header: Array(header.utf8))
      return ManifestPast.Run(
        SegmentRuns.Run(
          start: start, end: end, offset: .zero, headerHash: old.headerHash), [old])
    }
    let middle = first - 60
    return [
      run(middle - gap - 100, middle - gap, "first"), run(middle, first, "second"),
      ManifestPast.Run(
        SegmentRuns.Run(
          start: first, end: stream.window.snapshot.newestSegment, offset: .zero,
          headerHash: track.headerHash), [track]),
    ]
  }

  @Test(
    "each run is a Period with its own header, numbers and exact start; only a gap ends one",
    arguments: ManifestCase.all.filter { $0.numbering == .epoch })
  func periods(form: ManifestCase) throws {
    var stream = try form.stream()
    stream.publish(segments: 12)
    let runs = try past(form, stream)
    let snapshot = stream.window.snapshot
    let text = try form.text(of: snapshot, depth: .seconds(3600), runs: runs)
    let manifest = try XMLElement(document: text)
    let periods = manifest.all("Period")
    #expect(periods.map { $0["id"] } == runs.map { "p\($0.segments.start)" })
    let segment = stream.segmentation.segmentDuration
    for (period, run) in zip(periods, runs) {
      let frame = stream.segmentation.firstFrame(of: run.segments.start)
      let begin = stream.segmentation.grid.frameTime(of: frame).offset(from: MediaTime.origin)
      let start = try #require(Seconds(duration: period["start"] ?? ""))
      #expect(abs(start.microseconds - (begin - segment).microseconds) <= 1)
      for template in period.everything where template.name == "SegmentTemplate" {
        #expect(template["startNumber"] == "\(run.segments.start)")
        #expect(template["timescale"].flatMap { Int64($0) } ?? 0 > 0)
        if let name = template["initialization"] {
          #expect(name.hasSuffix("init-\(run.tracks[0].headerHash).mp4"))
        }
      }
    }
    #expect(periods[0].all("AdaptationSet")[0].all("Representation")[0]["codecs"] == "avc1.42c01f")
    let duration = try #require(Seconds(duration: periods[0]["duration"] ?? ""))
    #expect(abs(duration.microseconds - (segment * 100).microseconds) <= 1)
    #expect(periods.dropFirst().allSatisfy { $0["duration"] == nil })
    #expect(!periods[0].everything.contains { $0.name == "Resync" })
    #expect(ManifestRules.faults(of: manifest).isEmpty)
    // The Period keeps its start when the window has left its first segments behind.
    stream.publish(segments: 30)
    let later = try XMLElement(
      document: form.text(
        of: stream.window.snapshot, depth: .seconds(3600),
        runs: runs.map {
          $0.segments.start == runs[2].segments.start
            ? ManifestPast.Run(
              SegmentRuns.Run(
                start: $0.segments.start, end: .max, offset: .zero,
                headerHash: $0.segments.headerHash), $0.tracks) : $0
        }))
    #expect(later.all("Period").map { $0["id"] } == periods.map { $0["id"] })
    #expect(later.all("Period").map { $0["start"] } == periods.map { $0["start"] })
  }

  @Test("runs without a gap have no duration, which ffmpeg would prefer to the live Period")
  func adjacent() throws {
    let form = ManifestCase()
    var stream = try form.stream()
    stream.publish(segments: 12)
    let text = try form.text(
      of: stream.window.snapshot, depth: .seconds(3600), runs: past(form, stream, gap: 0))
    #expect(try XMLElement(document: text).all("Period").allSatisfy { $0["duration"] == nil })
  }

  @Test("slate is no past: the stream follows older runs with its first segment")
  func slate() throws {
    let form = ManifestCase()
    var stream = try form.stream()
    stream.publish(parts: 2)
    let runs = try past(form, stream).dropLast()
    let open = try #require(stream.window.snapshot.open)
    let text = try form.text(of: stream.window.snapshot, depth: .seconds(60), runs: Array(runs))
    #expect(
      try XMLElement(document: text).all("Period").last?["id"]
        == "p\(open.number + (open.isPrefill ? 1 : 0))")
  }

  @Test("between slate and the first segment after it, the older runs are listed")
  func onlySlate() throws {
    let form = ManifestCase()
    var stream = try form.stream()
    stream.goLive(prefill: 4)
    let runs = try past(form, stream).dropLast()
    let snapshot = stream.window.snapshot
    let last = try #require(snapshot.listed.last)
    #expect(snapshot.open == nil && last.isPrefill)
    let text = try form.text(of: snapshot, depth: .seconds(3600), runs: Array(runs))
    #expect(
      try XMLElement(document: text).all("Period").map { $0["id"] }
        == (runs.map(\.segments.start) + [last.number + 1]).map { "p\($0)" })
  }

  @Test("a rendition that is left out for longer than the window lasts keeps the Period of its run")
  func leftOut() throws {
    let form = ManifestCase()
    var stream = try form.stream()
    stream.publish(segments: 12)
    let runs = try past(form, stream)
    func periods() throws -> [XMLElement] {
      try XMLElement(
        document: form.text(of: stream.window.snapshot, depth: .seconds(3600), runs: runs)
      ).all("Period")
    }
    let before = try periods()
    stream.publish(segments: 40, areStill: true)
    #expect(stream.window.snapshot.listed.allSatisfy { $0.isListedAsGap })
    #expect(try periods().map { $0["id"] } == before.map { $0["id"] })
    #expect(try periods().map { $0["start"] } == before.map { $0["start"] })
  }

  @Test("only Periods of encrypted media have ContentProtection, and no thumbnails")
  func protection() throws {
    let form = ManifestCase()
    var stream = try form.stream()
    stream.publish(segments: 12)
    let identifier = [UInt8](repeating: 7, count: 16)
    let key = try #require(ContentKey(identifier: identifier, key: identifier))
    let header = try ProtectedHeader(HeaderBytes.video(nil), key).bytes
    var runs = try past(form, stream)
    let track = runs[1].tracks[0]
    runs[1] = ManifestPast.Run(
      runs[1].segments,
      [
        TrackDescription(
          rendition: "video", codecs: track.codecs, bandwidth: track.bandwidth,
          content: track.content, segmentation: track.segmentation, header: header)
      ])
    let text = try form.text(of: stream.window.snapshot, depth: .seconds(3600), runs: runs)
    let periods = try XMLElement(document: text).all("Period")
    let protections = periods.map { $0.everything.filter { $0.name == "ContentProtection" } }
    #expect(protections.map(\.count) == [0, 2, 0])
    let common = try #require(protections[1].first)
    #expect(common["cenc:default_KID"] == "07070707-0707-0707-0707-070707070707")
    let withThumbnails = periods.map { $0.everything.contains { $0["mimeType"] == "image/jpeg" } }
    #expect(withThumbnails == [true, false, true])
  }

  @Test("editions differ by the runs, not by the end of the newest one")
  func editions() throws {
    let form = ManifestCase()
    var stream = try form.stream()
    stream.publish(segments: 12)
    let runs = try past(form, stream)
    func edition(_ runs: [ManifestPast.Run]) -> Manifest.Edition {
      Manifest.Edition(
        stream.window.snapshot, past: ManifestPast(depth: .seconds(60), runs: runs))
    }
    #expect(edition(runs) != edition(Array(runs.dropFirst())))
    let last = runs[2].segments
    let moved = ManifestPast.Run(
      SegmentRuns.Run(
        start: last.start, end: last.end + 7, offset: last.offset, headerHash: last.headerHash),
      runs[2].tracks)
    #expect(edition(runs) == edition([runs[0], runs[1], moved]))
  }
}
