import Media
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
    let cadence = Cadence(rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
    var schedule: PassThroughSchedule
    var places: [PassThroughSchedule.Place] = []
    /// Frames of the grid that were IDRs.
    var keys: Set<Int64> = []

    init() {
      let first = cadence.segment(of: cadence.grid.nearest(begin))
      schedule = PassThroughSchedule(cadence: cadence, first: first)
    }

    /// Pictures from place `from` up to `to`, whose capture is their stamp and `shift` more.
    mutating func take(
      _ range: Range<Int64>, shift: Int64 = 0, stamps: Int64 = 0, without: Set<Int64> = [],
      key: (Int64) -> Bool = { $0 % 30 == 0 }
    ) {
      for index in range where !without.contains(index) {
        let place = schedule.place(
          pts: index * frame + stamps, isKey: key(index), captured: begin + index * frame + shift)
        guard let place else { continue }
        places.append(place)
        if key(index) { keys.insert(place.frame) }
      }
    }

    var frames: [Int64] { places.map(\.frame) }
    var numbers: [Int64] { frames.map { cadence.segment(of: $0) } }
    var begins: [PassThroughSchedule.Run] { places.compactMap(\.begins) }

    /// What holds whatever the source does: time only goes on, segments begin with an IDR on their first frame, and
    /// what the run says of the wall clock is right.
    func expectSound() {
      var last: PassThroughSchedule.Place?
      var offset: Int64 = 0
      for place in places {
        if let run = place.begins { offset = run.offset }
        let number = cadence.segment(of: place.frame)
        if let last {
          #expect(place.frame > last.frame)
          let before = cadence.segment(of: last.frame)
          if number != before {
            #expect(cadence.position(of: place.frame) == 0 && keys.contains(place.frame))
            #expect(number == before + 1 + (place.begins?.skipped ?? 0))
          } else {
            #expect(place.begins == nil)
          }
        }
        let said = cadence.grid.nanoseconds(place.frame) + offset
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
    run.expectSound()
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
      back..<back + 70, stamps: -back * Self.frame, key: { ($0 - back) % 30 == 0 })
    run.expectSound()
    #expect(run.begins.count == 2)
    #expect(run.begins[1].skipped == row.skipped)
    #expect(run.schedule.faults == 0)
  }

  @Test("a picture that is lost leaves its place empty")
  func loss() {
    var run = Run()
    run.take(0..<90, without: [17, 29, 44, 45])
    run.expectSound()
    let first = run.frames[0]
    #expect(run.frames == (0..<90).filter { ![17, 29, 44, 45].contains($0) }.map { first + $0 })
    #expect(run.begins.count == 1)
  }

  @Test("where the IDR of a segment is lost nothing is shown until the next, which begins a run")
  func lostKey() {
    var run = Run()
    run.take(0..<120, without: [30])
    run.expectSound()
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
    run.expectSound()
    #expect(run.begins.count == 2 && run.schedule.faults == 1)
  }

  @Test("where the wall clock leaves media time by a tenth of a second a run begins, at a segment")
  func drift() {
    var run = Run()
    run.take(0..<60)
    run.take(60..<105, shift: 90_000_000)
    run.expectSound()
    #expect(run.begins.count == 1)
    run.take(105..<170, shift: 150_000_000)
    run.expectSound()
    #expect(run.begins.count == 2 && run.begins[1].skipped == 0 && run.schedule.faults == 0)
    let step = run.begins[1].offset - run.begins[0].offset
    #expect(abs(step - 150_000_000) < 1000)
  }

  @Test("stamps that jump end the run; the next IDR begins one", arguments: [-5, 26 * 3600, 1])
  func jump(seconds: Int64) {
    var run = Run()
    run.take(0..<45)
    run.take(45..<150, stamps: seconds * Self.second)
    run.expectSound()
    #expect(run.begins.count == 2 && run.schedule.faults == 1)
    #expect(run.numbers.last == run.numbers[0] + 4)
  }

  @Test("a source of any habits never goes back", arguments: UInt64(0)..<40)
  func anything(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var run = Run()
    var index: Int64 = 0
    var stamps: Int64 = 0
    for _ in 0..<20 {
      let count = Int64(random.next() % 80) + 1
      let lost = Set((0..<count).filter { _ in random.next() % 20 == 0 }.map { index + $0 })
      let group = Int64(random.next() % 3) * 10 + 10
      run.take(index..<index + count, stamps: stamps, without: lost) { $0 % group == 0 }
      index += count
      switch random.next() % 4 {
      case 0: run.schedule.breakOff()
      case 1: stamps = Int64(random.next() % 100) * Self.second
      case 2: index += Int64(random.next() % 100)
      default: break
      }
    }
    run.expectSound()
  }
}
