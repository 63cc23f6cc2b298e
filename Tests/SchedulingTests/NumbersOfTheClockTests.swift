// SPDX-License-Identifier: Apache-2.0

import Media
import Scheduling
import TestSupport
import Testing
import Time

@Suite("Numbers of passed-through segments are those of the clock")
struct NumbersOfTheClockTests {
  private static let second: Int64 = 1_795_155_720
  private static let segmentation = Segmentation(
    rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)

  /// The start of a segment: its number and its capture time.
  private struct Start: Equatable {
    let number: Int64
    let captured: WallTime
  }

  /// A program that passes the source through.
  private struct Program {
    var schedule = PassThroughSchedule(segmentation: segmentation, first: 0)
    var starts: [Start] = []

    mutating func take(at time: Interval, isKey: Bool, jitter: Interval = .zero) {
      let position = schedule.assign(
        pts: .origin + time, isKey: isKey,
        captured: WallTime(nanoseconds: second * 1_000_000_000) + time + jitter,
        arrival: .origin + .seconds(50) + time + jitter)
      guard let position, position.indexInSegment == 0 else { return }
      starts.append(Start(number: position.segment, captured: position.captured))
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

  @Test(
    "two programs with different losses agree, three segments after each at the latest",
    arguments: UInt64(0)..<4)
  func twoPrograms(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var programs = [Program(), Program()]
    var disturbed: [Int64: Int64] = [:]
    var phase: Int64 = 13
    // The key frames move each five minutes, and a frame is lost each 13 s.
    for index in 0..<30 * TestLength.of(short: Int64(900), long: 3600) {
      // Another reader's PLAY moves the key frames now and then, for all readers.
      if random.next() % 9000 == 0 {
        phase = index % 30
        disturbed[0] = index
        disturbed[1] = index
        for program in programs.indices { programs[program].schedule.breakOff() }
      }
      for program in programs.indices {
        if random.next() % 400 == 0 {
          disturbed[Int64(program)] = index
          continue
        }
        let jitter = Interval.milliseconds(Int64(random.next() % 10))
        programs[program].take(
          at: Self.time(index) + .milliseconds(100), isKey: index % 30 == phase, jitter: jitter)
      }
      guard index % 30 == (phase + 15) % 30 else { continue }
      let newest = disturbed.values.max() ?? 0
      guard index - newest > 4 * 30, let one = programs[0].starts.last,
        let two = programs[1].starts.last
      else { continue }
      #expect(one.number == two.number)
      #expect((one.captured - two.captured).magnitude < .milliseconds(20))
      #expect((one.number - one.captured.wholeSeconds).magnitude <= 1)
    }
  }
}

extension WallTime {
  fileprivate var wholeSeconds: Int64 { nanoseconds / 1_000_000_000 }
}
