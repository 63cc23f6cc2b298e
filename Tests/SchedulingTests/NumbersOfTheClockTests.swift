// SPDX-License-Identifier: Apache-2.0

import Media
import Scheduling
import TestSupport
import Testing
import Time

@Suite("Numbers of passed-through segments are those of the clock")
struct NumbersOfTheClockTests {
  private static let second: Int64 = 1_795_155_720
  private static let segmentation = seconds(of: .thirty)

  /// Segments of one second.
  private static func seconds(of rate: FrameRate) -> Segmentation {
    Segmentation(rate: rate, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
  }

  /// The start of a segment: its number and its capture time.
  private struct Start: Equatable {
    let number: Int64
    let captured: WallTime
    /// EXT-X-PROGRAM-DATE-TIME.
    let date: WallTime
  }

  /// A program that passes the source through.
  private struct Program {
    let segmentation: Segmentation
    var schedule: PassThroughSchedule
    var starts: [Start] = []
    /// The frames that are lost next.
    var lost: Int64 = 0
    /// Whether it would have restarted with segments of variable duration.
    var wasIrregular = false

    init(_ segmentation: Segmentation = NumbersOfTheClockTests.segmentation) {
      self.segmentation = segmentation
      schedule = PassThroughSchedule(segmentation: segmentation, first: 0)
    }

    mutating func take(at time: Interval, isKey: Bool, jitter: Interval = .zero) {
      let position = schedule.assign(
        pts: .origin + time, isKey: isKey,
        captured: WallTime(nanoseconds: second * 1_000_000_000) + time + jitter,
        arrival: .origin + .seconds(50) + time + jitter)
      wasIrregular = wasIrregular || schedule.isIrregular
      guard let position, position.indexInSegment == 0 else { return }
      let frameTime = segmentation.grid.frameTime(of: position.frameIndex)
      starts.append(
        Start(
          number: position.segment, captured: position.captured,
          date: WallTime(frameTime, plus: position.offset)))
    }
  }

  private static func time(_ index: Int64) -> Interval { .seconds(index) / 30 }

  @Test(
    "a source that returns within the second of its newest segment waits for the next number",
    arguments: [5, 10, 20, 28] as [Int64])
  func returns(after: Int64) {
    var program = Program()
    // Key frames 0.05 s after full seconds.
    for index in Int64(0)..<60 {
      program.take(at: Self.time(index) + .milliseconds(50), isKey: index % 30 == 0)
    }
    program.take(at: Self.time(60) + .milliseconds(50), isKey: true)
    program.schedule.breakOff()
    for index in 60 + after..<240 {
      program.take(
        at: Self.time(index) + .milliseconds(50), isKey: (index - 60 - after) % 30 == 0)
    }
    for start in program.starts { #expect(start.number == start.captured.wholeSeconds) }
    #expect(program.starts.last?.number == Self.second + 7)
    // None has two contents.
    #expect(Set(program.starts.map(\.number)).count == program.starts.count)
  }

  @Test("key frames near full seconds keep their order of numbers over an outage")
  func nearSeconds() {
    var program = Program()
    for index in Int64(0)..<300 where !(85..<100).contains(index) {
      if index == 100 { program.schedule.breakOff() }
      // The first key frame of a period is late, the next ones are early.
      let jitter = Interval.milliseconds(index % 60 == 0 ? 4 : -4)
      program.take(at: Self.time(index), isKey: index % 30 == 0, jitter: jitter)
    }
    let numbers = program.starts.map(\.number)
    #expect(numbers == [0, 1, 2, 4, 5, 6, 7, 8, 9].map { numbers[0] + $0 })
  }

  /// Seeds of an hour with losses, and the frame rate of the camera.
  private static let losses: [(seed: UInt64, rate: Int64)] =
    (0..<UInt64(TestLength.of(short: 4, long: 40))).map { ($0, 30) }
    + (0..<UInt64(TestLength.of(short: 1, long: 10))).flatMap { seed in
      [15, 25, 50].map { (seed, $0) }
    }

  @Test(
    "two programs that pull one camera agree in number and time, three segments after a loss",
    arguments: losses)
  func twoPrograms(_ row: (seed: UInt64, rate: Int64)) throws {
    let (seed, second) = (row.seed, row.rate)
    var random = SplitMix64(seed: seed)
    let segmentation = Self.seconds(of: try #require(FrameRate(second)))
    var programs = [Program(segmentation), Program(segmentation)]
    /// The end of the newest loss, outage, start or move of key frames, in frames.
    var disturbed: [Int64] = [0, 0]
    /// Until when a program has no connection, in frames.
    var outages: [Int64] = [0, 0]
    var (phase, compared) = (Int64(13), 0)
    var faults: [String] = []
    for index in 0..<second * 3600 {
      // Another reader's PLAY lets the camera begin a group of pictures, for all readers.
      // Not in the first group after an outage: a longer one may be that of another camera.
      let isNew = outages.contains { index > 0 && (index - 2 * second...index).contains($0) }
      if index % (90 * second) == 0, index > 0, !isNew {
        // By more frames than are lost at once: a move by fewer, in a segment that has lost some,
        // looks like a smaller loss, and dates follow it by 0.3 ms per second.
        phase = (phase + 7 + Int64(random.next() % UInt64(second - 13))) % second
        disturbed = disturbed.map { max($0, index + second) }
      }
      for number in programs.indices {
        if index < outages[number] { continue }
        if outages[number] == index, index > 0 {
          // The program, or only its connection, begins again.
          if index % 2 == 0 {
            let wasIrregular = programs[number].wasIrregular
            programs[number] = Program(segmentation)
            programs[number].wasIrregular = wasIrregular
          }
          programs[number].schedule.breakOff()
        }
        let event = random.next()
        if event % 20_000 == 0 {
          outages[number] = index + 2 * second + Int64(event >> 32 % 300)
        } else if event % 400 == 0 {
          // A burst of packets is lost.
          programs[number].lost = 1 + Int64(event >> 32 % 6)
        }
        if outages[number] > index || programs[number].lost > 0 {
          programs[number].lost = max(0, programs[number].lost - 1)
          disturbed[number] = max(disturbed[number], max(index, outages[number]) + 1)
          continue
        }
        let jitter = Interval.milliseconds(Int64(event >> 16 % 10))
        programs[number].take(
          at: .seconds(index) / second + .milliseconds(100), isKey: index % second == phase,
          jitter: jitter)
      }
      // Half a second after a key frame: that of three segments after the newest loss.
      let newest = max(disturbed[0], disturbed[1])
      guard index % second == (phase + second / 2) % second,
        index - second / 2 >= newest + 3 * second
      else { continue }
      guard let one = programs[0].starts.last, let two = programs[1].starts.last,
        one.number == two.number, (one.date - two.date).magnitude < .milliseconds(20),
        (one.number - one.captured.wholeSeconds).magnitude <= 1,
        (one.date - one.captured).magnitude < .milliseconds(20)
      else {
        faults.append("\(index): \(programs.map { $0.starts.last as Any })")
        continue
      }
      compared += 1
    }
    for program in programs { #expect(!program.wasIrregular, "seed \(seed)") }
    #expect(faults.isEmpty, "seed \(seed), \(faults.count) of \(compared): \(faults.prefix(3))")
    #expect(compared > 300)
  }

  @Test(
    "a key frame that the camera moves once changes no number", arguments: [4, 11, 26] as [Int64])
  func movedKey(by frames: Int64) {
    var program = Program()
    for index in Int64(0)..<600 {
      let phase = index < 300 ? 0 : frames
      program.take(at: Self.time(index) + .milliseconds(50), isKey: index % 30 == phase)
    }
    #expect(!program.schedule.isIrregular)
    for start in program.starts { #expect(start.number == start.captured.wholeSeconds) }
    #expect(program.starts.last?.number == Self.second + 19)
  }

  @Test("a number that was listed without media begins no segment")
  func reserved() {
    var program = Program()
    for index in Int64(0)..<60 { program.take(at: Self.time(index), isKey: index % 30 == 0) }
    program.schedule.breakOff()
    // Numbers up to that of the returning source have been listed.
    program.schedule.reserve(Self.second + 5)
    for index in Int64(150)..<240 { program.take(at: Self.time(index), isKey: index % 30 == 0) }
    #expect(program.starts.map(\.number).suffix(2) == [Self.second + 6, Self.second + 7])
  }

  @Test("nor the first one of a session that counts on")
  func reservedFirst() {
    var program = Program()
    program.schedule = PassThroughSchedule(
      segmentation: Segmentation(
        rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000,
        maximumGroupMicroseconds: 4_000_000), first: 7, startsAtFirst: true)
    program.schedule.reserve(9)
    for index in Int64(0)..<60 { program.take(at: Self.time(index), isKey: index % 30 == 0) }
    #expect(program.starts.map(\.number).prefix(1) == [10])
  }

  @Test("with variable duration the numbers after those that were listed are used")
  func reservedVariable() {
    var program = Program()
    program.schedule = PassThroughSchedule(
      segmentation: Segmentation(
        rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000,
        maximumGroupMicroseconds: 4_000_000), first: 0)
    for index in Int64(0)..<60 { program.take(at: Self.time(index), isKey: index % 30 == 0) }
    let last = program.starts.last?.number ?? 0
    program.schedule.breakOff()
    program.schedule.reserve(last + 3)
    for index in Int64(150)..<210 { program.take(at: Self.time(index), isKey: index % 30 == 0) }
    #expect(program.starts.map(\.number).suffix(2) == [last + 4, last + 5])
  }
}

extension WallTime {
  fileprivate var wholeSeconds: Int64 { nanoseconds / 1_000_000_000 }
}
