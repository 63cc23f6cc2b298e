// SPDX-License-Identifier: Apache-2.0

import CMAF
import Packaging
import Sharing
import TestSupport
import Testing
import Time

@Suite("Clips: the layout of the file, ISO/IEC 14496-12 §8")
struct ClipPlanTests {
  /// Segments of one second or a little more, with payloads that tell track and frame.
  private struct Source {
    let header: [UInt8]
    let isVideo: Bool
    let ticks: Int64
    let frames: Int64
    /// Presentation minus decode times of the frames of a group, in frames; repeated.
    var shifts: [Int64] = [0]

    /// The payload of frame `index`.
    static func payload(_ isVideo: Bool, _ index: Int64) -> [UInt8] {
      let size = 5 + Int(index % 7)
      let digits = (0..<8).map { UInt8(truncatingIfNeeded: index >> (8 * $0)) }
      return [isVideo ? 1 : 2] + digits + [UInt8](repeating: 9, count: size)
    }

    /// The bytes of a segment, and its rows; `lost` frames are missing.
    func segment(_ number: Int64, without lost: Set<Int64> = []) throws -> ([UInt8], SegmentIndex) {
      var bytes: [UInt8] = []
      var rows: [SegmentIndex.Frame] = []
      let first = number * frames
      let present = (first..<first + frames).filter { !lost.contains($0) }
      for (place, index) in present.enumerated() {
        let payload = Self.payload(isVideo, index)
        let sample = Sample(
          payload: payload, decodeTime: index * ticks, duration: UInt32(ticks),
          captured: .origin, sequence: 1, isSync: !isVideo || index == first)
        bytes += ChunkWriter().chunk(sample, startsSegment: place == 0).array
        let next = place + 1 < present.count ? present[place + 1] : index + 1
        rows.append(
          SegmentIndex.Frame(
            offset: bytes.count - payload.count, size: payload.count,
            duration: (next - index) * ticks, shift: shifts[place % shifts.count] * ticks,
            isSync: sample.isSync))
      }
      let index = SegmentIndex(
        frames: rows, decodeTime: (present.first ?? first) * ticks, size: bytes.count)
      if shifts == [0] { #expect(try SegmentIndex([SharedBytes(bytes)]).frames == rows) }
      return (bytes, index)
    }
  }

  private static let video = Source(
    header: HeaderBytes.complete(isVideo: true, timescale: 90_000), isVideo: true, ticks: 3000,
    frames: 30)
  private static let audio = Source(
    header: HeaderBytes.complete(isVideo: false, timescale: 48_000), isVideo: false, ticks: 1024,
    frames: 47)

  /// The clip of a span with segments of these numbers.
  private static func clip(
    _ tracks: [(source: Source, numbers: ClosedRange<Int64>)], _ span: Range<Int64>,
    without lost: Set<Int64> = []
  ) throws -> ClipFile {
    var planner = try ClipPlanner(headers: tracks.map(\.source.header), span: span)
    var payload: [UInt8] = []
    for (track, item) in tracks.enumerated() {
      for number in item.numbers {
        let (bytes, index) = try item.source.segment(
          number, without: item.source.isVideo ? lost : [])
        try planner.add(index, of: track)
        payload += bytes
      }
    }
    let plan = try planner.plan()
    return try ClipFile(plan.head + payload, plan)
  }

  @Test("video is cut at the frame, and the frames before it have one tick each")
  func video() throws {
    let first: Int64 = 1_795_474_095 * 30 + 17
    let span = first * 3000..<(first + 158) * 3000
    let file = try Self.clip([(Self.video, 1_795_474_095...1_795_474_100)], span)
    let track = try #require(file.tracks.first)
    #expect(file.tracks.count == 1 && file.timescale == 90_000 && file.duration == 158 * 3000)
    #expect(file.brands == "isom iso2 avc1 mp41" && file.plan.frames == 158)
    #expect(file.created == 1_795_474_095 + 2_082_844_800)
    #expect(track.id == 1 && track.timescale == 90_000)
    #expect(track.durations == [[17, 1], [158, 3000]] && track.compositions.isEmpty)
    #expect(track.edits == [[158 * 3000, 17, 0x1_0000]])
    #expect(track.mediaDuration == 17 + 158 * 3000)
    #expect(track.syncs == [1, 31, 61, 91, 121, 151])
    #expect(track.chunks == [1, 1, 1] && !track.isWide)
    #expect(
      track.payloads == (first - 17..<first + 158).map { Source.payload(true, $0) })
  }

  @Test("a clip from a key frame on has no frame before it")
  func keyFrame() throws {
    let file = try Self.clip([(Self.video, 100...101)], 3000 * 3000..<3045 * 3000)
    let track = try #require(file.tracks.first)
    #expect(track.durations == [[45, 3000]] && track.edits == [[135_000, 0, 0x1_0000]])
    #expect(track.payloads == (3000..<3045).map { Source.payload(true, $0) })
  }

  @Test("audio begins one AAC frame early, and the edit cuts at the exact sample")
  func audio() throws {
    // The AAC frames of the video's seconds 100 and 101, with a frame on each side.
    let first: Int64 = 3017
    let span = first * 3000..<(first + 20) * 3000
    let audio = Source(
      header: Self.audio.header, isVideo: false, ticks: 1024, frames: 1)
    let start = first * 1600
    let end = (first + 20) * 1600
    let file = try Self.clip(
      [(Self.video, 100...101), (audio, start / 1024 - 9...end / 1024 + 9)], span)
    let track = try #require(file.tracks.last)
    #expect(file.tracks.count == 2 && track.id == 2 && track.timescale == 48_000)
    let frames = start / 1024 - 1...(end - 1) / 1024
    #expect(track.payloads == frames.map { Source.payload(false, $0) })
    #expect(track.durations == [[frames.count, 1024]] && track.syncs.isEmpty)
    #expect(track.edits == [[60_000, Int(start - frames.lowerBound * 1024), 0x1_0000]])
  }

  @Test("at 30000/1001 frames per second the audio is cut at the nearest sample")
  func fraction() throws {
    let video = Source(header: Self.video.header, isVideo: true, ticks: 3003, frames: 30)
    let first: Int64 = 3007
    let audio = Source(header: Self.audio.header, isVideo: false, ticks: 1024, frames: 1)
    // 3007 · 3003 / 90000 s are 4,815,980.96 - 0.32 samples, rounded.
    let exact = Double(first * 3003) / 90_000 * 48_000
    let start = Int64(exact.rounded())
    let file = try Self.clip(
      [(video, 100...100), (audio, start / 1024 - 3...start / 1024 + 40)],
      first * 3003..<(first + 10) * 3003)
    #expect(file.tracks[0].durations == [[7, 1], [10, 3003]])
    #expect(file.tracks[0].edits == [[30_030, 7, 0x1_0000]] && file.duration == 30_030)
    #expect(file.tracks[1].edits == [[30_030, Int(start - (start / 1024 - 1) * 1024), 0x1_0000]])
  }

  @Test("frames that are shown in another order keep their distances behind the edit")
  func reordered() throws {
    // Decoded I P B B P B B …: frame 0 is shown first, then 2, 3, 1, 5, 6, 4.
    let source = Source(
      header: Self.video.header, isVideo: true, ticks: 3000, frames: 10,
      shifts: [0, 2, -1, -1, 2, -1, -1, 2, -1, -1])
    // Shown from the frame that is decoded as number 3 on, which is the third one shown.
    let span: Range<Int64> = 102 * 3000..<106 * 3000
    let file = try Self.clip([(source, 10...10)], span)
    let track = try #require(file.tracks.first)
    let shown = track.shown
    #expect(shown.map(\.payload) == [103, 101, 105, 106].map { Source.payload(true, $0) })
    #expect(shown.map(\.time) == [0, 3000, 6000, 9000])
    #expect(file.plan.frames == 4 && track.edits.first?[0] == 12_000)
    #expect(track.shifts.allSatisfy { $0 >= 0 })
    // The frames before the first shown one last less than a millisecond together.
    #expect(track.before.map(\.payload) == [100, 102].map { Source.payload(true, $0) })
    #expect(track.before.map(\.time) == [-2, -1])
  }

  @Test("a frame before lost frames stays until the next one, and to the end of the clip")
  func lost() throws {
    let span: Range<Int64> = 3004 * 3000..<3010 * 3000
    let file = try Self.clip(
      [(Self.video, 100...100)], span, without: [3003, 3004, 3007, 3009])
    let track = try #require(file.tracks.first)
    #expect(track.durations == [[2, 1], [2, 3000], [2, 6000]])
    #expect(track.shown.map(\.time) == [0, 3000, 6000, 12_000])
    #expect(
      track.shown.map(\.payload) == [3002, 3005, 3006, 3008].map { Source.payload(true, $0) })
    #expect(file.duration == 18_000 && track.mediaDuration == 2 + 18_000)
  }

  @Test("a span before the first frame begins with that frame")
  func late() throws {
    let file = try Self.clip([(Self.video, 100...100)], 2950 * 3000..<3002 * 3000)
    #expect(file.duration == 6000 && file.tracks[0].shown.map(\.time) == [0, 3000])
  }

  @Test("audio that begins later than the video is shown later by an empty edit")
  func lateAudio() throws {
    let audio = Source(header: Self.audio.header, isVideo: false, ticks: 1024, frames: 1)
    // The video begins at sample 4,800,000; the first AAC frame at 4,804,608: 8640 ticks later.
    let file = try Self.clip(
      [(Self.video, 100...100), (audio, 4692...4720)], 3000 * 3000..<3010 * 3000)
    #expect(file.tracks[1].edits == [[8640, -1, 0x1_0000], [21_360, 0, 0x1_0000]])
  }

  @Test("a track without media in the span is left out; a clip without frames is refused")
  func absent() throws {
    let audio = Source(header: Self.audio.header, isVideo: false, ticks: 1024, frames: 1)
    let file = try Self.clip(
      [(Self.video, 100...100), (audio, 10...20)], 3000 * 3000..<3010 * 3000)
    #expect(file.tracks.count == 1)
    #expect(throws: ClipError.empty) {
      try Self.clip([(Self.video, 100...100)], 2000 * 3000..<2001 * 3000)
    }
    #expect(throws: ClipError.times) {
      var planner = try ClipPlanner(headers: [Self.video.header], span: 0..<10)
      for number in [5, 4] as [Int64] {
        try planner.add(Self.video.segment(number).1, of: 0)
      }
    }
    #expect(throws: ClipError.boxes(.missing("moov"))) {
      try ClipPlanner(headers: [[]], span: 0..<1)
    }
  }

  @Test("audio alone is cut at the exact sample")
  func audioAlone() throws {
    let start: Int64 = 4_800_100
    let file = try Self.clip([(Self.audio, 98...102)], start..<start + 48_000)
    #expect(file.tracks.count == 1 && file.duration == 90_000)
    let first = start / 1024 - 1
    #expect(file.tracks[0].edits == [[90_000, Int(start - first * 1024), 0x1_0000]])
    #expect(file.tracks[0].payloads.first == Source.payload(false, first))
  }

  @Test("above 4 GiB positions have 64 bits")
  func large() throws {
    func index(_ number: Int64) -> SegmentIndex {
      let frame = SegmentIndex.Frame(
        offset: 100, size: 1 << 30, duration: 90_000, shift: 0, isSync: true)
      return SegmentIndex(frames: [frame], decodeTime: number * 90_000, size: 1 << 30 + 100)
    }
    for (count, isWide) in [(3, false), (5, true)] as [(Int64, Bool)] {
      var planner = try ClipPlanner(headers: [Self.video.header], span: 0..<count * 90_000)
      for number in 0..<count { try planner.add(index(number), of: 0) }
      let plan = try planner.plan()
      let file = try ClipFile(plan.head, plan, payload: Int(count) * (1 << 30 + 100))
      let track = try #require(file.tracks.first)
      #expect(track.isWide == isWide)
      #expect(
        track.positions
          == (0..<Int(count)).map { plan.head.count + 100 + $0 * (1 << 30 + 100) })
    }
  }

  @Test("the tables of an hour of 30 frames per second and AAC have at most 2.3 MB")
  func hour() throws {
    let rows = SegmentIndex.Frame(offset: 100, size: 9000, duration: 3000, shift: 0, isSync: false)
    let key = SegmentIndex.Frame(offset: 100, size: 9000, duration: 3000, shift: 0, isSync: true)
    let sound = SegmentIndex.Frame(offset: 9, size: 300, duration: 1024, shift: 0, isSync: true)
    var planner = try ClipPlanner(
      headers: [Self.video.header, Self.audio.header], span: 0..<3600 * 90_000)
    for number in 0..<3600 as Range<Int64> {
      let (first, end) = (number * 48_000 / 1024, (number + 1) * 48_000 / 1024)
      try planner.add(
        SegmentIndex(
          frames: [key] + Array(repeating: rows, count: 29), decodeTime: number * 90_000,
          size: 300_000), of: 0)
      try planner.add(
        SegmentIndex(
          frames: Array(repeating: sound, count: Int(end - first)), decodeTime: first * 1024,
          size: 17_000), of: 1)
    }
    let plan = try planner.plan()
    #expect(plan.head.count < 2_300_000 && plan.frames == 108_000)
  }
}
