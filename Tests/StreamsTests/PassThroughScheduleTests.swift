// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import TestSupport
import Testing

@testable import Streams

@Suite("Pictures that are packaged as they came")
struct PassThroughScheduleTests {
  private static let second: Int64 = 1_000_000_000
  private static let frame: Int64 = 33_333_333
  /// 0.3 s after a second, which is where the IDRs lie.
  private static let begin: Int64 = 1_795_155_720_300_000_000

  /// A source of 30 pictures a second with an IDR each second, and where its pictures went.
  private struct Run {
    let segmentation: Segmentation
    var schedule: PassThroughSchedule
    var places: [PassThroughSchedule.Position] = []
    /// Frames of the grid that were IDRs.
    var keys: Set<Int64> = []

    /// With a longest group segments are free.
    init(longestGroup: Int64? = nil) {
      segmentation = Segmentation(
        rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000,
        longestGroupMicroseconds: longestGroup)
      let first = segmentation.segment(of: segmentation.grid.nearest(begin))
      schedule = PassThroughSchedule(segmentation: segmentation, first: first)
    }

    /// Pictures from place `from` up to `to`, whose capture is their stamp and `shift` more.
    mutating func take(
      _ range: Range<Int64>, shift: Int64 = 0, timestamps: Int64 = 0, without: Set<Int64> = [],
      key: (Int64) -> Bool = { $0 % 30 == 0 }
    ) {
      for index in range where !without.contains(index) {
        let place = schedule.place(
          pts: index * frame + timestamps, isKey: key(index),
          captured: begin + index * frame + shift)
        guard let place else { continue }
        places.append(place)
        if key(index) { keys.insert(place.frame) }
      }
    }

    var frames: [Int64] { places.map(\.frame) }
    var numbers: [Int64] { places.map(\.segment) }
    var begins: [PassThroughSchedule.PeriodStart] { places.compactMap(\.begins) }

    /// What holds whatever the source does: time only goes on, segments begin with an IDR on their first frame, and
    /// what the run says of the wall clock is right.
    func expectValid() {
      var last: PassThroughSchedule.Position?
      var offset: Int64 = 0
      for place in places {
        if let run = place.begins { offset = run.offset }
        let number = place.segment
        if !segmentation.hasVariableDuration {
          #expect(number == segmentation.segment(of: place.frame))
          #expect(place.position == segmentation.position(of: place.frame))
        }
        #expect(place.position < segmentation.mostFramesPerSegment ?? segmentation.framesPerSegment)
        if let last {
          #expect(place.frame > last.frame)
          if number != last.segment {
            #expect(place.position == 0 && keys.contains(place.frame))
            #expect(number == last.segment + 1 + (place.begins?.skipped ?? 0))
            let length = place.frame - (last.frame - last.position)
            #expect(place.begins != nil || length >= segmentation.framesPerSegment)
          } else {
            #expect(place.begins == nil)
            #expect(place.position - last.position == place.frame - last.frame)
          }
        }
        let said = segmentation.grid.nanoseconds(place.frame) + offset
        #expect(abs(said - place.captured) <= 2 * PassThroughSchedule.tolerance)
        last = place
      }
    }
  }

  @Test(
    "the first IDR is the first frame of its segment, and the offset says where it was captured")
  func beginning() throws {
    var run = Run()
    run.take(-7..<90)
    run.expectValid()
    #expect(run.frames == (0..<90).map { run.frames[0] + $0 })
    #expect(run.numbers[0] == 1_795_155_720)
    let offset = try #require(run.begins.first).offset
    #expect(offset == 300_000_000 && run.begins.count == 1 && run.schedule.faults == 0)
  }

  @Test(
    "a source that was away: numbers go on, those of the time between are skipped",
    arguments: [
      (away: 10, skipped: 0), (away: 45, skipped: 1), (away: 90, skipped: 2),
      (away: 900, skipped: 29),
    ])
  func away(_ row: (away: Int64, skipped: Int64)) {
    var run = Run()
    run.take(0..<75)
    run.schedule.breakOff()
    // The source begins anew: stamps from 0, and an IDR first.
    let back = 75 + row.away
    run.take(
      back..<back + 70, timestamps: -back * Self.frame, key: { ($0 - back) % 30 == 0 })
    run.expectValid()
    #expect(run.begins.count == 2)
    #expect(run.begins[1].skipped == row.skipped)
    #expect(run.schedule.faults == 0)
  }

  @Test("a picture that is lost leaves its place empty")
  func loss() {
    var run = Run()
    run.take(0..<90, without: [17, 29, 44, 45])
    run.expectValid()
    let first = run.frames[0]
    #expect(run.frames == (0..<90).filter { ![17, 29, 44, 45].contains($0) }.map { first + $0 })
    #expect(run.begins.count == 1)
  }

  @Test("where the IDR of a segment is lost nothing is shown until the next, which begins a run")
  func lostKey() {
    var run = Run()
    run.take(0..<120, without: [30])
    run.expectValid()
    #expect(run.places.count == 30 + 60)
    #expect(run.begins.count == 2 && run.begins[1].skipped == 1)
    #expect(run.schedule.faults == 1)
  }

  @Test(
    "an IDR within a segment is a picture like others, a segment without one at its start ends the run"
  )
  func irregular() {
    var run = Run()
    run.take(0..<60) { $0 % 30 == 0 || $0 == 12 }
    #expect(run.begins.count == 1 && run.schedule.faults == 0)
    run.take(60..<200) { $0 == 60 || $0 >= 75 && ($0 - 75) % 30 == 0 }
    run.expectValid()
    #expect(run.begins.count == 2 && run.schedule.faults == 1)
  }

  @Test(
    "who leaves out the IDR of a segment three times in a minute is irregular",
    arguments: [
      (spacing: Int64(4), times: 3, isIrregular: true), (spacing: 4, times: 2, isIrregular: false),
      (spacing: 35, times: 5, isIrregular: false), (spacing: 29, times: 3, isIrregular: true),
    ])
  func irregularAtLast(_ row: (spacing: Int64, times: Int, isIrregular: Bool)) {
    var run = Run()
    let missed = Set((1...Int64(row.times)).map { $0 * row.spacing * 30 })
    run.take(0..<Int64(row.times + 1) * row.spacing * 30) { $0 % 30 == 0 && !missed.contains($0) }
    run.expectValid()
    #expect(run.schedule.faults == row.times)
    #expect(run.schedule.isIrregular == row.isIrregular)
  }

  @Test("a source that is away, or whose stamps jump, is not irregular for that")
  func regularWithBreaks() {
    var run = Run()
    for round in Int64(0)..<6 {
      run.take(round * 90..<round * 90 + 75, timestamps: round * 7 * Self.second) {
        ($0 - round * 90) % 30 == 0
      }
    }
    #expect(run.schedule.faults == 5 && !run.schedule.isIrregular)
  }

  @Test("where the wall clock leaves media time by a tenth of a second a run begins, at a segment")
  func drift() {
    var run = Run()
    run.take(0..<60)
    run.take(60..<105, shift: 90_000_000)
    run.expectValid()
    #expect(run.begins.count == 1)
    run.take(105..<170, shift: 150_000_000)
    run.expectValid()
    #expect(run.begins.count == 2 && run.begins[1].skipped == 0 && run.schedule.faults == 0)
    let step = run.begins[1].offset - run.begins[0].offset
    #expect(abs(step - 150_000_000) < 1000)
  }

  @Test("stamps that jump end the run; the next IDR begins one", arguments: [-5, 26 * 3600, 1])
  func jump(seconds: Int64) {
    var run = Run()
    run.take(0..<45)
    run.take(45..<150, timestamps: seconds * Self.second)
    run.expectValid()
    #expect(run.begins.count == 2 && run.schedule.faults == 1)
    #expect(run.numbers.last == run.numbers[0] + 4)
  }

  @Test(
    "free segments begin with the first IDR after F frames; the run on the frame of its time",
    arguments: [
      (
        keys: [Int64](arrayLiteral: 0, 20, 64, 97, 117, 161),
        starts: [Int64](arrayLiteral: 0, 64, 97, 161)
      ),
      (keys: [0, 29, 30, 31, 60, 91, 121], starts: [0, 30, 60, 91, 121]),
      (keys: [0, 149], starts: [0, 149]),
    ])
  func free(_ row: (keys: [Int64], starts: [Int64])) throws {
    var run = Run(longestGroup: 4_000_000)
    run.take(-7..<170) { row.keys.contains($0) }
    run.expectValid()
    let begun = run.places.filter { $0.position == 0 }
    #expect(begun.map { $0.frame - run.frames[0] } == row.starts)
    #expect(begun.map { $0.segment - begun[0].segment } == row.starts.indices.map(Int64.init))
    // floor(t/SD), where t is 0.3 s after a second.
    #expect(begun[0].segment == 1_795_155_720)
    let offset = try #require(run.begins.first).offset
    #expect(offset >= 0 && offset < Self.frame && run.begins.count == 1)
    #expect(run.schedule.faults == 0)
  }

  @Test(
    "a free segment that gets too long ends the run, the next IDR begins one with the next number")
  func tooLong() {
    var run = Run(longestGroup: 4_000_000)
    run.take(0..<260) { $0 == 0 || $0 == 29 || $0 >= 200 && $0 % 40 == 0 }
    run.expectValid()
    // 30 frames, and 120 for a key picture.
    #expect(run.places.filter { $0.segment == run.numbers[0] }.count == 150)
    #expect(run.begins.count == 2 && run.begins[1].skipped == 0 && run.schedule.faults == 1)
    #expect(run.numbers.last == run.numbers[0] + 2)
  }

  @Test("--numbering run counts from its first segment, whenever that begins")
  func numberedRun() {
    let segmentation = Run().segmentation
    let first = segmentation.segment(of: segmentation.grid.nearest(Self.begin)) - 1
    var schedule = PassThroughSchedule(segmentation: segmentation, first: first, numbering: .run)
    let place = schedule.place(pts: 0, isKey: true, captured: Self.begin)
    #expect(place?.segment == first)
    #expect(place?.begins?.offset == 1_300_000_000)
  }

  @Test(
    "a Period never begins before the presentation: media time is not ahead of the clock",
    arguments: [0, 1, 16_000_000, 17_000_000, 999_983_334, 999_999_999], [nil, Int64(4_000_000)])
  func neverAhead(_ phase: Int64, longestGroup: Int64?) throws {
    var run = Run(longestGroup: longestGroup)
    run.take(0..<30, shift: phase - 300_000_000)
    #expect(try #require(run.begins.first).offset >= 0)
  }

  @Test("a source of any habits never goes back", arguments: UInt64(0)..<80)
  func anything(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var run = Run(longestGroup: seed % 2 == 0 ? nil : 500_000)
    var index: Int64 = 0
    var timestamps: Int64 = 0
    for _ in 0..<20 {
      let count = Int64(random.next() % 80) + 1
      let lost = Set((0..<count).filter { _ in random.next() % 20 == 0 }.map { index + $0 })
      let group = Int64(random.next() % 3) * 10 + 10
      run.take(index..<index + count, timestamps: timestamps, without: lost) { $0 % group == 0 }
      index += count
      switch random.next() % 4 {
      case 0: run.schedule.breakOff()
      case 1: timestamps = Int64(random.next() % 100) * Self.second
      case 2: index += Int64(random.next() % 100)
      default: break
      }
    }
    run.expectValid()
  }
}
