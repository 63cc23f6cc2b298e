// SPDX-License-Identifier: Apache-2.0

import Media
import Scheduling
import TestSupport
import Testing
import Time

@Suite("Positions of passed-through access units")
struct PassThroughScheduleTests {
  private static let second: Interval = 1_000_000_000
  private static let frameDuration: Interval = 33_333_333
  /// 0.3 s after a full second: the phase of the IDRs.
  private static let begin: WallTime = 1_795_155_720_300_000_000

  /// A source of 30 frames per second with an IDR each second, and the positions of its frames.
  private struct Session {
    let segmentation: Segmentation
    var schedule: PassThroughSchedule
    var positions: [PassThroughSchedule.Position] = []
    /// Frame indices of IDRs.
    var keys: Set<Int64> = []

    /// With a longest group segments have variable duration.
    init(maximumGroupTime: Int64? = nil) {
      segmentation = Segmentation(
        rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000,
        maximumGroupMicroseconds: maximumGroupTime)
      let first = segmentation.segment(of: segmentation.grid.nearest(MediaTime(begin, plus: .zero)))
      schedule = PassThroughSchedule(segmentation: segmentation, first: first)
    }

    /// Takes a range of access units, captured `shift` after their timestamps.
    mutating func take(
      _ range: Range<Int64>, shift: Interval = 0, timestamps: Interval = 0,
      without: Set<Int64> = [],
      key: (Int64) -> Bool = { $0 % 30 == 0 }
    ) {
      for index in range where !without.contains(index) {
        let position = schedule.assign(
          pts: .origin + index * frameDuration + timestamps, isKey: key(index),
          captured: begin + index * frameDuration + shift)
        guard let position else { continue }
        positions.append(position)
        if key(index) { keys.insert(position.frameIndex) }
      }
    }

    var frameIndices: [Int64] { positions.map(\.frameIndex) }
    var numbers: [Int64] { positions.map(\.segment) }
    var periods: [ClockShift] { positions.compactMap(\.periodStart) }

    /// Checks the invariants: media time increases, each segment begins with an IDR at its first
    /// frame, and the offset of the period is right.
    func expectValid() {
      var last: PassThroughSchedule.Position?
      var offset: Interval = 0
      for position in positions {
        if let period = position.periodStart { offset = period.offset }
        let number = position.segment
        if !segmentation.hasVariableDuration {
          #expect(number == segmentation.segment(of: position.frameIndex))
          #expect(position.indexInSegment == segmentation.position(of: position.frameIndex))
        }
        #expect(
          position.indexInSegment < segmentation.maximumFramesPerSegment
            ?? segmentation.framesPerSegment)
        if let last {
          #expect(position.frameIndex > last.frameIndex)
          if number != last.segment {
            #expect(position.indexInSegment == 0 && keys.contains(position.frameIndex))
            #expect(number == last.segment + 1 + (position.periodStart?.skipped ?? 0))
            let length = position.frameIndex - (last.frameIndex - last.indexInSegment)
            #expect(position.periodStart != nil || length >= segmentation.framesPerSegment)
          } else {
            #expect(position.periodStart == nil)
            #expect(
              position.indexInSegment - last.indexInSegment == position.frameIndex - last.frameIndex
            )
          }
        }
        #expect(position.periodStart == nil || position.offset == offset)
        let said = WallTime(
          segmentation.grid.frameTime(of: position.frameIndex), plus: position.offset)
        #expect(abs(said - position.captured) <= 2 * OffsetDrift.tolerance)
        last = position
      }
    }
  }

  @Test(
    "the first IDR is the first frame of its segment, and the offset leads to its capture time")
  func beginning() throws {
    var session = Session()
    session.take(-7..<90)
    session.expectValid()
    #expect(session.frameIndices == (0..<90).map { session.frameIndices[0] + $0 })
    #expect(session.numbers[0] == 1_795_155_720)
    let offset = try #require(session.periods.first).offset
    #expect(offset == 300_000_000 && session.periods.count == 1)
  }

  @Test(
    "numbers continue after a source was away; the numbers of that time are skipped",
    arguments: [
      (away: 10, skipped: 0), (away: 45, skipped: 1), (away: 90, skipped: 2),
      (away: 900, skipped: 29),
    ])
  func away(_ row: (away: Int64, skipped: Int64)) {
    var session = Session()
    session.take(0..<75)
    session.schedule.breakOff()
    // The source starts over: timestamps from 0, and an IDR first.
    let back = 75 + row.away
    session.take(
      back..<back + 70, timestamps: -back * Self.frameDuration, key: { ($0 - back) % 30 == 0 })
    session.expectValid()
    #expect(session.periods.count == 2)
    #expect(session.periods[1].skipped == row.skipped)
  }

  @Test("a lost access unit leaves its frame index empty")
  func loss() {
    var session = Session()
    session.take(0..<90, without: [17, 29, 44, 45])
    session.expectValid()
    let first = session.frameIndices[0]
    #expect(
      session.frameIndices == (0..<90).filter { ![17, 29, 44, 45].contains($0) }.map { first + $0 })
    #expect(session.periods.count == 1)
  }

  @Test("if the IDR of a segment is lost, nothing is shown until the next, which begins a period")
  func lostKey() {
    var session = Session()
    session.take(0..<120, without: [30])
    session.expectValid()
    #expect(session.positions.count == 30 + 60)
    #expect(session.periods.count == 2 && session.periods[1].skipped == 1)
  }

  @Test(
    "an IDR within a segment has no effect; a missing IDR at the start of one ends the period"
  )
  func irregular() {
    var session = Session()
    session.take(0..<60) { $0 % 30 == 0 || $0 == 12 }
    #expect(session.periods.count == 1)
    session.take(60..<200) { $0 == 60 || $0 >= 75 && ($0 - 75) % 30 == 0 }
    session.expectValid()
    #expect(session.periods.count == 2)
  }

  @Test(
    "lost IDRs, with the access unit before or after them or alone, make no source irregular",
    arguments: [[Int64(0)], [-1, 0], [0, 1, 2], [-2, -1, 0, 1]], [Int64(2), 4])
  func lostKeys(beside: [Int64], spacing: Int64) {
    var session = Session()
    let keys = (1...Int64(9)).map { $0 * spacing * 30 }
    session.take(
      0..<10 * spacing * 30, without: Set(keys.flatMap { key in beside.map { key + $0 } }))
    session.expectValid()
    #expect(session.periods.count == 10 && !session.schedule.isIrregular)
  }

  @Test("so it is with groups that are shorter than segments")
  func lostKeysOfShortGroups() {
    var session = Session()
    // Those of segments, which begin 10 frames later after each one.
    let keys = stride(from: Int64(120), to: 1290, by: 130)
    session.take(0..<1290, without: Set(keys)) { $0 % 10 == 0 }
    session.expectValid()
    #expect(session.periods.count == 10 && !session.schedule.isIrregular)
  }

  @Test(
    "a source whose IDRs move three times per minute, beside lost access units, is irregular",
    arguments: [
      (spacing: Int64(4), times: 3, isIrregular: true), (spacing: 4, times: 2, isIrregular: false),
      (spacing: 35, times: 5, isIrregular: false), (spacing: 28, times: 3, isIrregular: true),
    ])
  func irregularAtLast(_ row: (spacing: Int64, times: Int, isIrregular: Bool)) {
    var session = Session()
    let times = Int64(row.times)
    /// Each group of this number is longer by 7 frames.
    let length = row.spacing * 30 + 7
    func phase(_ index: Int64) -> Int64 { index - min(times, index / length) * length }
    // The access unit before the place of the next IDR is lost.
    let lost = Set((1...times).map { $0 * length - 8 })
    session.take(0..<(times + 1) * length, without: lost) { index in
      let phase = phase(index)
      return phase % 30 == 0 && (phase < row.spacing * 30 || index / length >= times)
    }
    session.expectValid()
    #expect(session.periods.count == row.times + 1)
    #expect(session.schedule.isIrregular == row.isIrregular)
  }

  @Test(
    "a source that moves its key frames twice within a minute, and loses nothing, is irregular",
    arguments: [(pause: Int64(30), isIrregular: true), (55, true), (62, false)])
  func movedKeys(_ row: (pause: Int64, isIrregular: Bool)) {
    var session = Session()
    session.take(0..<60)
    // The key frame of 60 comes 11 frames later, and those after it too.
    let next = 71 + row.pause * 30
    session.take(60..<next) { $0 >= 71 && ($0 - 71) % 30 == 0 }
    session.expectValid()
    #expect(!session.schedule.isIrregular)
    #expect(session.periods.count == 2 && session.periods[1].skipped == 0)
    session.take(next..<next + 1) { _ in false }
    #expect(session.schedule.isIrregular == row.isIrregular)
  }

  @Test("after an outage a first group that is longer than a segment is irregular at once")
  func longGroupOfNext() {
    var session = Session()
    session.take(0..<60)
    session.schedule.breakOff()
    session.take(90..<120) { $0 == 90 }
    #expect(!session.schedule.isIrregular)
    session.take(120..<121) { $0 == 90 }
    #expect(session.schedule.isIrregular)
    // A key frame that moves after a regular group is one that moves once.
    session = Session()
    session.take(0..<60)
    session.schedule.breakOff()
    session.take(90..<170) { [90, 120, 151].contains($0) }
    #expect(!session.schedule.isIrregular)
  }

  @Test("groups of other lengths after a moved key frame are irregular with the key frame")
  func unevenGroups() {
    var session = Session()
    let keys: Set<Int64> = [0, 30, 60, 101, 131, 149]
    session.take(0..<149) { keys.contains($0) }
    #expect(!session.schedule.isIrregular)
    session.take(149..<150) { keys.contains($0) }
    #expect(session.schedule.isIrregular)
    // Without a moved one before they are not.
    session = Session()
    session.take(0..<120) { $0 % 30 == 0 || $0 == 44 }
    #expect(!session.schedule.isIrregular)
  }

  @Test("absence and jumps of timestamps do not make a source irregular")
  func regularWithBreaks() {
    var session = Session()
    for round in Int64(0)..<6 {
      session.take(round * 90..<round * 90 + 75, timestamps: 7 * round * Self.second) {
        ($0 - round * 90) % 30 == 0
      }
    }
    #expect(session.periods.count == 6 && !session.schedule.isIrregular)
  }

  @Test(
    "a file that starts over continues its period where a segment can begin, else begins one",
    arguments: [
      (frames: Int64(60), longest: Int64?.none, periods: 1), (75, nil, 2), (75, 4_000_000, 1),
      (45, 4_000_000, 1),
    ])
  func turn(_ row: (frames: Int64, longest: Int64?, periods: Int)) {
    var session = Session(maximumGroupTime: row.longest)
    session.take(0..<row.frames)
    session.schedule.startTurn()
    session.take(row.frames..<2 * row.frames) { ($0 - row.frames) % 30 == 0 }
    session.expectValid()
    #expect(session.positions.count == Int(2 * row.frames))
    #expect(session.periods.count == row.periods)
  }

  @Test("the offset follows a drift of 250 ppm without a period, by less than 1 ms per segment")
  func slowDrift() {
    var session = Session()
    for second in Int64(0)..<1200 {
      session.take(second * 30..<(second + 1) * 30, shift: .microseconds(second * 250))
    }
    session.expectValid()
    #expect(session.periods.count == 1)
    for (one, two) in zip(session.positions, session.positions.dropFirst()) {
      #expect(abs(two.offset - one.offset) < 1_000_000)
    }
    let grid = session.segmentation.grid
    for position in session.positions {
      let offset = position.captured.offset(from: grid.frameTime(of: position.frameIndex))
      #expect(abs(offset - position.offset) < 1_000_000)
    }
  }

  @Test("if the wall clock leaves media time by 100 ms, a period begins at the next segment")
  func drift() {
    var session = Session()
    session.take(0..<60)
    session.take(60..<105, shift: 90_000_000)
    session.expectValid()
    #expect(session.periods.count == 1)
    session.take(105..<170, shift: 150_000_000)
    session.expectValid()
    #expect(
      session.periods.count == 2 && session.periods[1].skipped == 0)
    let step = session.periods[1].offset - session.periods[0].offset
    #expect(abs(step - 150_000_000) < 1000)
  }

  @Test(
    "a jump of timestamps ends the period; the next IDR begins one", arguments: [-5, 26 * 3600, 1])
  func jump(seconds: Int64) {
    var session = Session()
    session.take(0..<45)
    session.take(45..<150, timestamps: seconds * Self.second)
    session.expectValid()
    #expect(session.periods.count == 2)
    #expect(session.numbers.last == session.numbers[0] + 4)
  }

  @Test(
    "variable-duration segments begin with the first IDR after F frames",
    arguments: [
      (
        keys: [Int64](arrayLiteral: 0, 20, 64, 97, 117, 161),
        starts: [Int64](arrayLiteral: 0, 64, 97, 161)
      ),
      (keys: [0, 29, 30, 31, 60, 91, 121], starts: [0, 30, 60, 91, 121]),
      (keys: [0, 149], starts: [0, 149]),
    ])
  func variableDuration(_ row: (keys: [Int64], starts: [Int64])) throws {
    var session = Session(maximumGroupTime: 4_000_000)
    session.take(-7..<170) { row.keys.contains($0) }
    session.expectValid()
    let begun = session.positions.filter { $0.indexInSegment == 0 }
    #expect(begun.map { $0.frameIndex - session.frameIndices[0] } == row.starts)
    #expect(begun.map { $0.segment - begun[0].segment } == row.starts.indices.map(Int64.init))
    // floor(t/SD), where t is 0.3 s after a second.
    #expect(begun[0].segment == 1_795_155_720)
    let offset = try #require(session.periods.first).offset
    #expect(offset >= 0 && offset < Self.frameDuration && session.periods.count == 1)
  }

  @Test(
    "a segment that gets too long ends the period; the next IDR begins one with the next number")
  func tooLong() {
    var session = Session(maximumGroupTime: 4_000_000)
    session.take(0..<260) { $0 == 0 || $0 == 29 || $0 >= 200 && $0 % 40 == 0 }
    session.expectValid()
    // 30 frames, and 120 in wait for a key frame.
    #expect(session.positions.filter { $0.segment == session.numbers[0] }.count == 150)
    #expect(
      session.periods.count == 2 && session.periods[1].skipped == 0)
    #expect(session.numbers.last == session.numbers[0] + 2)
  }

  @Test("--numbering run counts from its first segment, at any time")
  func numberedSession() {
    let segmentation = Session().segmentation
    let first =
      segmentation.segment(of: segmentation.grid.nearest(MediaTime(Self.begin, plus: .zero))) - 1
    var schedule = PassThroughSchedule(
      segmentation: segmentation, first: first, startsAtFirst: true)
    let position = schedule.assign(pts: 0, isKey: true, captured: Self.begin)
    #expect(position?.segment == first)
    #expect(position?.periodStart?.offset == 1_300_000_000)
  }

  @Test(
    "a Period never begins before the presentation: media time is not ahead of the clock",
    arguments: [0 as Interval, 1, 16_000_000, 17_000_000, 999_983_334, 999_999_999],
    [nil, Int64(4_000_000)])
  func neverAhead(_ phase: Interval, maximumGroupTime: Int64?) throws {
    var session = Session(maximumGroupTime: maximumGroupTime)
    session.take(0..<30, shift: phase - 300_000_000)
    #expect(try #require(session.periods.first).offset >= 0)
  }

  @Test("frame indices and segment numbers increase for any source", arguments: UInt64(0)..<80)
  func anything(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var session = Session(maximumGroupTime: seed % 2 == 0 ? nil : 500_000)
    var index: Int64 = 0
    var timestamps: Interval = 0
    for _ in 0..<20 {
      let count = Int64(random.next() % 80) + 1
      let lost = Set((0..<count).filter { _ in random.next() % 20 == 0 }.map { index + $0 })
      let group = Int64(random.next() % 3) * 10 + 10
      session.take(index..<index + count, timestamps: timestamps, without: lost) { $0 % group == 0 }
      index += count
      switch random.next() % 4 {
      case 0: session.schedule.breakOff()
      case 1: timestamps = Int64(random.next() % 100) * Self.second
      case 2: index += Int64(random.next() % 100)
      default: break
      }
    }
    session.expectValid()
  }
}
