// SPDX-License-Identifier: Apache-2.0

import Media
import Scheduling
import TestSupport
import Testing
import Time

@Suite("Positions of access units with uneven timestamps")
struct UnevenTimestampsTests {
  private static let begin: WallTime = 1_795_155_720_300_000_000
  private static let seconds: Int64 = 60

  /// What a source of one key frame per second sends, and the positions of its frames.
  private struct Source {
    let rate: FrameRate
    var schedule: PassThroughSchedule
    var positions: [PassThroughSchedule.Position] = []
    /// The frames that got a position.
    var shown: [Int64] = []

    init(_ rate: FrameRate) {
      self.rate = rate
      let segmentation = Segmentation(
        rate: rate, segmentMicroseconds: 1_000_000, partMicroseconds: 200_000)
      schedule = PassThroughSchedule(segmentation: segmentation, first: 0)
    }

    func time(_ index: Int64) -> Interval { FrameGrid(rate: rate).duration(ofFrames: index) }

    /// Takes frame `index`, whose timestamp is off by `error` and whose arrival by `delay`.
    mutating func take(_ index: Int64, error: Interval = .zero, delay: Interval = .zero) {
      let position = schedule.assign(
        pts: .origin + .seconds(100) + time(index) + error,
        isKey: index.isMultiple(of: rate.numerator), captured: begin + time(index) + error,
        arrival: .origin + .seconds(200) + time(index) + delay)
      guard let position else { return }
      positions.append(position)
      shown.append(index)
    }

    /// Checks that all of `count` frames follow one another in one period.
    func expectWhole(_ count: Int64) {
      #expect(shown == Array(0..<count))
      #expect(
        zip(positions.dropFirst(), positions).allSatisfy { $0.frameIndex == $1.frameIndex + 1 })
      #expect(positions.compactMap(\.periodStart).count == 1)
      #expect(!schedule.isIrregular)
      #expect(!schedule.isUnplaceable)
    }
  }

  private static func rate(_ number: Int64) -> FrameRate { FrameRate(number) ?? .thirty }

  @Test(
    "steps of a mapping of up to 60 ms lose no frame and begin no period",
    arguments: [10, 15, 25, 30, 50] as [Int64], [[0, 30, 10, 35], [0, 60, 0, 45, 20], [22, 0]])
  func mapping(number: Int64, errors: [Int64]) {
    var source = Source(Self.rate(number))
    for index in 0..<number * Self.seconds {
      // A report each two seconds, in the middle of a group.
      let report = (index + number / 2) / (2 * number)
      source.take(index, error: .milliseconds(errors[Int(report) % errors.count]))
    }
    source.expectWhole(number * Self.seconds)
  }

  @Test(
    "jitter of up to half the distance of frames loses no frame and begins no period",
    arguments: [5, 15, 25, 30, 50] as [Int64], UInt64(0)..<6)
  func jitter(number: Int64, seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var source = Source(Self.rate(number))
    let half = source.rate.frameDuration.nanoseconds / 2
    for index in 0..<number * Self.seconds {
      let error = Int64(random.next() % UInt64(half)) - half / 2
      source.take(
        index, error: .nanoseconds(seed % 2 == 0 ? error : 2 * error),
        delay: .milliseconds(Int64(random.next() % 8)))
    }
    source.expectWhole(number * Self.seconds)
  }

  enum Wrong: CaseIterable { case far, back, equal, swapped, near }

  @Test(
    "a wrong timestamp takes the place after its neighbour, also that of a key frame",
    arguments: Wrong.allCases, [60, 50, 37] as [Int64])
  func wrong(kind: Wrong, distance: Int64) {
    var source = Source(Self.rate(25))
    for index in 0..<25 * Self.seconds {
      var error = Interval.zero
      if index > 60, index.isMultiple(of: distance) {
        switch kind {
        case .far: error = .seconds(37_600)
        case .back: error = .seconds(-90)
        case .equal: error = .milliseconds(-40)
        case .swapped: error = .milliseconds(-80)
        case .near: error = .milliseconds(300)
        }
      }
      let position = source.schedule.assign(
        pts: .origin + .seconds(100) + source.time(index) + error,
        isKey: index.isMultiple(of: 25), captured: Self.begin + source.time(index),
        arrival: .origin + .seconds(200) + source.time(index))
      guard let position else { continue }
      source.positions.append(position)
      source.shown.append(index)
      // Audio follows the smoothed timestamp.
      let due = SourceTime.origin + .seconds(100) + source.time(index)
      #expect((position.timestamp - due).magnitude < .milliseconds(20))
    }
    source.expectWhole(25 * Self.seconds)
  }

  @Test(
    "lost frames whose arrivals do not confirm the loss leave the key frames at segment starts",
    arguments: UInt64(0)..<8)
  func bursts(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var source = Source(Self.rate(25))
    var lost: Set<Int64> = []
    for index in 0..<25 * Self.seconds {
      if index % 25 > 2, random.next() % 40 == 0 {
        lost.insert(index)
        continue
      }
      // Frames are sent in bursts of a third of a second.
      source.take(index, delay: source.time(8 - index % 8))
    }
    #expect(source.shown == (0..<25 * Self.seconds).filter { !lost.contains($0) })
    #expect(source.positions.compactMap(\.periodStart).count == 1)
    for (index, position) in zip(source.shown, source.positions) where index % 25 == 0 {
      #expect(position.indexInSegment == 0)
    }
    #expect(!source.schedule.isIrregular)
  }

  @Test("a key frame with other timestamps that is not due is that of another sender: a period")
  func anotherSender() {
    var source = Source(Self.rate(25))
    var starts: [Int64] = []
    for index in Int64(0)..<160 {
      // The second sender begins with its frame 0, a day later, amid a segment.
      let jump: Interval = index < 60 ? .zero : .seconds(86_400)
      let position = source.schedule.assign(
        pts: .origin + source.time(index) + jump,
        isKey: (index < 60 ? index : index - 60).isMultiple(of: 25),
        captured: Self.begin + source.time(index),
        arrival: .origin + .seconds(200) + source.time(index))
      if position?.periodStart != nil { starts.append(index) }
    }
    // The number of its first group has been used.
    #expect(starts == [0, 85])
    #expect(!source.schedule.isIrregular)
  }

  @Test(
    "media that is held and then sent at once loses no frame and begins no period",
    arguments: [500, 800, 1000, 1500] as [Int64], [nil, Int64(105), 150, 300])
  func held(milliseconds: Int64, percent: Int64?) {
    var source = Source(Self.rate(25))
    var clock = SourceClock()
    for index in Int64(0)..<25 * Self.seconds {
      // Several times in 6 s, or once and sent at a percentage of real time.
      let phase = source.time(index) - .milliseconds(3200)
      let isRepeated = percent == nil && phase < .seconds(6)
      let distance = (milliseconds + 400) * 1_000_000
      let since = isRepeated ? Interval.nanoseconds(phase.nanoseconds % distance) : phase
      let caughtUp = percent.map { since - since / $0 * 100 } ?? since
      let delay = phase < .zero ? .zero : max(.zero, .milliseconds(milliseconds) - caughtUp)
      let arrival = MonotonicTime.origin + .seconds(200) + source.time(index) + delay
      let pts = SourceTime.origin + .seconds(100) + source.time(index)
      let captured = clock.captureTime(pts: pts, arrival: arrival)
      let position = source.schedule.assign(
        pts: pts, isKey: index.isMultiple(of: 25),
        captured: WallTime(captured, plus: .nanoseconds(Self.begin.nanoseconds) - .seconds(200)),
        arrival: arrival)
      guard let position else { continue }
      source.positions.append(position)
      source.shown.append(index)
    }
    source.expectWhole(25 * Self.seconds)
  }

  /// When a source is off its pace, in seconds, and how often its timestamps have jumped; frame
  /// `index` has the time `pts(index)` and arrives at `arrival(index)`.
  private func offPace(
    seconds: Int64, pts: (Int64) -> Interval, arrival: (Int64) -> Interval
  ) -> (found: Interval?, periods: Int) {
    var (source, pace) = (Source(Self.rate(25)), SourcePace())
    for index in Int64(0)..<25 * seconds {
      let position = source.schedule.assign(
        pts: .origin + .seconds(100) + pts(index), isKey: index.isMultiple(of: 25),
        captured: Self.begin + arrival(index), arrival: .origin + .seconds(200) + arrival(index))
      if let position { source.positions.append(position) }
      if position != nil, let counted = source.schedule.counted {
        pace.add(pts: counted, arrival: .origin + .seconds(200) + arrival(index))
      }
      if pace.arriving(unlike: source.rate) != nil {
        return (arrival(index), source.positions.compactMap(\.periodStart).count)
      }
    }
    return (nil, source.positions.compactMap(\.periodStart).count)
  }

  @Test(
    "slow timestamps that sender reports correct each two seconds are off their pace",
    arguments: [16, 10] as [Int64])
  func slowWithReports(percent: Int64) throws {
    func arrival(_ index: Int64) -> Interval { .milliseconds(index * 4000 / (100 - percent)) }
    let (found, periods) = offPace(
      seconds: 30,
      pts: { index in
        // The report before a frame states the clock; frames follow it by their rate.
        let report = arrival(index).count(of: .seconds(2)) * 2000
        let first = (report * (100 - percent) + 3999) / 4000
        return .milliseconds(report) + .milliseconds(40) * (index - first)
      }, arrival: arrival)
    // A report corrects 16 % by more than the jitter that is followed.
    #expect(periods <= 6)
    #expect(try #require(found) < .seconds(percent == 16 ? 7 : 10))
  }

  @Test("a clock that is set keeps the pace", arguments: [100_000, 2000, -2000, 320] as [Int64])
  func clockSet(milliseconds: Int64) {
    let (found, _) = offPace(
      seconds: 60,
      pts: { index in
        .milliseconds(40 * index + (index < 260 ? 0 : milliseconds))
      }, arrival: { .milliseconds(40 * $0) })
    #expect(found == nil)
  }

  @Test("a path that becomes longer for good begins one period, after a second")
  func longer() {
    var source = Source(Self.rate(25))
    for index in Int64(0)..<25 * Self.seconds {
      let late = index < 260 ? Interval.zero : .milliseconds(300)
      let position = source.schedule.assign(
        pts: .origin + source.time(index), isKey: index.isMultiple(of: 25),
        captured: Self.begin + source.time(index) + late,
        arrival: .origin + .seconds(200) + source.time(index) + late)
      if let position { source.positions.append(position) }
    }
    #expect(source.positions.count == 25 * Self.seconds)
    let starts = source.positions.enumerated().filter { $0.element.periodStart != nil }
    #expect(starts.map(\.offset) == [0, 300])
  }

  @Test("timestamps without order are found after a second, and lose no frame until then")
  func disordered() {
    var random = SplitMix64(seed: 7)
    var source = Source(Self.rate(25))
    var found: Int64?
    for index in Int64(0)..<25 * 10 where found == nil {
      let pts = index < 50 ? source.time(index) : .seconds(Int64(random.next() % 50_000))
      let position = source.schedule.assign(
        pts: .origin + pts, isKey: index.isMultiple(of: 25),
        captured: Self.begin + source.time(index),
        arrival: .origin + .seconds(200) + source.time(index))
      #expect(position != nil)
      if source.schedule.isUnplaceable { found = index }
    }
    #expect(found.map { (74...76).contains($0) } == true)
  }
}
