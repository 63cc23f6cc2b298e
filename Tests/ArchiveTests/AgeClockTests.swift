// SPDX-License-Identifier: Apache-2.0

import Archive
import System
import TestSupport
import Testing
import Time

@Suite("The clock by which hours are too old")
struct AgeClockTests {
  private static let start = WallTime.origin + .seconds(1_795_406_400)
  private static let week = Interval.seconds(7 * 86_400)

  private static func time(_ seconds: Int64) -> MonotonicTime {
    MonotonicTime(nanoseconds: 1_000_000_000 * seconds)
  }

  @Test("a wall clock that is ahead is approached by an hour per hour")
  func ahead() {
    var clock = AgeClock(Self.start)
    clock.advance(wall: Self.start, at: Self.time(0))
    clock.advance(wall: Self.start + .seconds(3600), at: Self.time(3600))
    #expect(clock.time == Self.start + .seconds(3600))
    // A step by a week that lasts for ten hours.
    for hour in Int64(2)...11 {
      let passed = 3600 * hour
      clock.advance(wall: Self.start + Self.week + .seconds(passed), at: Self.time(passed))
    }
    #expect(clock.time == Self.start + .seconds(3600 + 10 * 7200))
    // It is set right: the clock waits for it, and then runs with it.
    clock.advance(wall: Self.start + .seconds(12 * 3600), at: Self.time(12 * 3600))
    #expect(clock.time == Self.start + .seconds(3600 + 10 * 7200))
    clock.advance(wall: Self.start + .seconds(30 * 3600), at: Self.time(30 * 3600))
    #expect(clock.time == Self.start + .seconds(30 * 3600))
    #expect(clock.distance(of: Self.start + .seconds(30 * 3600)) == .zero)
  }

  @Test("a clock never steps backwards, and is at most twice as fast as the time")
  func bounds() {
    var clock = AgeClock(Self.start)
    var generator = SplitMix64(seed: 49)
    var (now, last): (Int64, WallTime) = (0, Self.start)
    clock.advance(wall: Self.start, at: Self.time(0))
    for _ in 0..<10_000 {
      let elapsed = Int64.random(in: 0...5000, using: &generator)
      let step = Int64.random(in: -3_000_000_000...3_000_000_000, using: &generator)
      now += elapsed
      clock.advance(wall: Self.start + .seconds(step), at: Self.time(now))
      #expect(clock.time >= last && clock.time <= last + .seconds(2 * elapsed))
      #expect(clock.late.count <= 32)
      last = clock.time
    }
  }

  @Test("media that is written while the wall clock is behind ages from its writing")
  func behind() {
    var clock = AgeClock(Self.start)
    clock.advance(wall: Self.start, at: Self.time(0))
    let behind = Self.start - Self.week
    for second in Int64(1)...600 {
      clock.advance(wall: behind + .seconds(second), at: Self.time(second))
    }
    // The clock is right again.
    clock.advance(wall: Self.start + .seconds(601), at: Self.time(601))
    #expect(clock.age(from: behind + .seconds(300)) == clock.late.last?.written)
    #expect(clock.age(from: behind + .seconds(300)) >= Self.start)
    #expect(clock.age(from: behind - .seconds(3600)) == behind - .seconds(3600))
    #expect(clock.age(from: Self.start) == Self.start)
  }

  @Test("the first clock of a folder is that of its newest media, or the wall clock")
  func first() {
    #expect(AgeClock(wall: Self.start, newest: nil).time == Self.start)
    let newest = Self.start - Self.week
    #expect(AgeClock(wall: Self.start, newest: newest).time == newest)
    #expect(AgeClock(wall: Self.start, newest: Self.start + .seconds(9)).time == Self.start)
  }

  @Test("the file has the clock to the millisecond, and damage is found")
  func text() throws {
    var clock = AgeClock(Self.start + .milliseconds(123))
    clock.advance(wall: Self.start - Self.week, at: Self.time(0))
    clock.advance(wall: Self.start - Self.week - Self.week, at: Self.time(1))
    let read = try #require(AgeClock(clock.text))
    #expect(read.time == clock.time && read.late == clock.late && read.late.count == 2)
    for index in clock.text.utf8.indices {
      var bytes = Array(clock.text.utf8)
      bytes[clock.text.utf8.distance(from: clock.text.utf8.startIndex, to: index)] ^= 1
      let text = String(decoding: bytes, as: UTF8.self)
      let other = AgeClock(text)
      #expect(other.map { $0.time == clock.time && $0.late == clock.late } ?? true, "\(text)")
    }
    for text in ["", "ages 1", "ages 1\nsum 1\n", "x"] { #expect(AgeClock(text) == nil) }
  }

  /// Starts a program on a folder, which runs for a time with a wall clock.
  private func run(
    _ folder: String, from wall: WallTime, seconds: Int64
  ) -> WallTime {
    var (file, clock) = (AgeClockFile(folder), AgeClock?.none)
    for second in 0...seconds {
      file.advance(
        &clock, isRead: second % 5 == 0, wall: wall + .seconds(second), at: Self.time(second))
    }
    return clock?.time ?? .distantFuture
  }

  @Test("starts with a wrong clock remove nothing: the clock is kept in the folder")
  func starts() throws {
    let temporary = try TemporaryFolder()
    let folder = temporary.path
    let name = HourName(at: Self.start - .seconds(1800), headerHash: "0123abcd", isAudio: false)
    let hours = HourFolder(folder + "/live/video")
    try DiskFolder.make("\(hours.path)/\(name.folder)")
    _ = try DiskFile(hours.file(name), .creating)
    let ahead = Self.start + .seconds(40 * 86_400)
    #expect(run(folder, from: ahead, seconds: 10) == name.end + .seconds(20))
    // The first program has written media with the wrong date.
    let wrong = HourName(at: ahead, headerHash: "0123abcd", isAudio: false)
    try DiskFolder.make("\(hours.path)/\(wrong.folder)")
    _ = try DiskFile(hours.file(wrong), .creating)
    for _ in 0..<5 {
      #expect(run(folder, from: ahead, seconds: 10) < name.end + .seconds(200))
    }
    // Without the file: the newest hour that is not in the future.
    DiskFolder.remove(folder + "/.ages")
    #expect(run(folder, from: Self.start + .seconds(86_400), seconds: 1) < name.end + .seconds(9))
  }

  @Test("a clock that an administrator has set is that of the running program")
  func isSet() throws {
    let temporary = try TemporaryFolder()
    var (file, clock) = (AgeClockFile(temporary.path), AgeClock?.none)
    file.advance(&clock, isRead: false, wall: Self.start, at: Self.time(0))
    let ahead = Self.start + Self.week
    file.advance(&clock, isRead: true, wall: ahead, at: Self.time(5))
    #expect(clock?.time == Self.start + .seconds(10))
    #expect(AgeClockFile.set(AgeClock(ahead), of: temporary.path) == nil)
    file.advance(&clock, isRead: true, wall: ahead + .seconds(5), at: Self.time(10))
    #expect(clock?.time == ahead + .zero)
    file.advance(&clock, isRead: true, wall: ahead + .seconds(10), at: Self.time(15))
    #expect(clock?.time == ahead + .seconds(10))
    #expect(AgeClockFile.clock(of: temporary.path, wall: ahead).time >= ahead)
  }

  @Test("a clock that an administrator sets is not overwritten when the file is due to be written")
  func isSetInTime() throws {
    let temporary = try TemporaryFolder()
    var (file, clock) = (AgeClockFile(temporary.path), AgeClock?.none)
    file.advance(&clock, isRead: false, wall: Self.start, at: Self.time(0))
    let ahead = Self.start + Self.week
    #expect(AgeClockFile.set(AgeClock(ahead), of: temporary.path) == nil)
    // The file is written once a minute, and read each five seconds.
    file.advance(&clock, isRead: false, wall: ahead + .seconds(60), at: Self.time(60))
    #expect(clock?.time == ahead)
    #expect(AgeClockFile.clock(of: temporary.path, wall: ahead).time >= ahead)
    file.advance(&clock, isRead: true, wall: ahead + .seconds(65), at: Self.time(65))
    #expect(clock?.time == ahead + .seconds(10))
  }
}
