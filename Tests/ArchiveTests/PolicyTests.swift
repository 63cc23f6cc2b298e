// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import Time

@testable import Archive

@Suite("Rotation of hour files")
struct RotationTests {
  private static let hour = WallTime.origin + .seconds(1_795_406_400)

  private static func start(
    _ number: Int64, _ seconds: Int64 = 0, offset: Interval = .zero, isDiscontinuity: Bool = false,
    hash: String = "aaaaaaaa"
  ) -> Rotation.Start {
    Rotation.Start(
      number: number, time: hour + .seconds(seconds), offset: offset,
      startsDiscontinuity: isDiscontinuity, headerHash: hash)
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let start: Rotation.Start
    let expected: Rotation.Placement
  }

  static let rows = [
    Row(testDescription: "the next number", start: start(11, 1), expected: .appended(mark: nil)),
    Row(testDescription: "the same number", start: start(10, 1), expected: .known),
    Row(testDescription: "an earlier number", start: start(3, 1), expected: .known),
    Row(
      testDescription: "a later number", start: start(13, 3),
      expected: .appended(
        mark: SegmentMark(number: 13, offset: .zero, startsDiscontinuity: false))),
    Row(
      testDescription: "a Discontinuity", start: start(11, 1, isDiscontinuity: true),
      expected: .appended(mark: SegmentMark(number: 11, offset: .zero, startsDiscontinuity: true))),
    Row(
      testDescription: "a small drift", start: start(11, 1, offset: .microseconds(999)),
      expected: .appended(mark: nil)),
    Row(
      testDescription: "a drift", start: start(11, 1, offset: .milliseconds(-1)),
      expected: .appended(
        mark: SegmentMark(number: 11, offset: .milliseconds(-1), startsDiscontinuity: false))),
    Row(
      testDescription: "the next hour", start: start(11, 3600),
      expected: .opening(
        HourName(at: hour + .seconds(3600), headerHash: "aaaaaaaa", isAudio: false))),
    Row(
      testDescription: "the clock was set back by an hour", start: start(3, -1),
      expected: .opening(
        HourName(at: hour - .seconds(3600), headerHash: "aaaaaaaa", isAudio: false))),
    Row(
      testDescription: "another header", start: start(11, 1, hash: "bbbbbbbb"),
      expected: .opening(HourName(at: hour, headerHash: "bbbbbbbb", isAudio: false))),
  ]

  @Test("after segment 10", arguments: rows)
  func place(_ row: Row) {
    var rotation = Rotation(isAudio: false)
    rotation.opened(
      HourName(at: Self.hour, headerHash: "aaaaaaaa", isAudio: false), last: (10, .zero))
    #expect(rotation.place(row.start) == row.expected)
  }

  @Test("a lower number at a later time begins another part of the hour, others are known")
  func renumbered() throws {
    let name = HourName(at: Self.hour, headerHash: "aaaaaaaa", isAudio: false)
    let next = try #require(name.next)
    var rotation = Rotation(isAudio: false)
    rotation.opened(name, last: (1000, .zero), at: Self.hour + .seconds(10))
    #expect(rotation.place(Self.start(500, 11)) == .opening(next))
    // Another session states the time of the same segment.
    let same = Rotation.Start(
      number: 1000, time: Self.hour + .milliseconds(10_400), offset: .zero,
      startsDiscontinuity: false, headerHash: "aaaaaaaa")
    #expect(rotation.place(same) == .known)
    #expect(rotation.place(Self.start(990, 0)) == .known)
    rotation.opened(next, last: nil)
    let first = Self.start(500, 11)
    guard case .appended(let mark) = rotation.place(first) else { throw Unplaced() }
    rotation.added(first, mark: mark)
    #expect(rotation.place(Self.start(501, 13)) == .appended(mark: nil))
    #expect(rotation.place(Self.start(501, 3600 + 1)) == .opening(Self.laterHour))
  }

  private struct Unplaced: Error {}
  private static let laterHour = HourName(
    at: hour + .seconds(3600), headerHash: "aaaaaaaa", isAudio: false)

  @Test("the first segment of a file has a mark")
  func first() {
    var rotation = Rotation(isAudio: true)
    let start = Self.start(5)
    let name = HourName(at: Self.hour, headerHash: "aaaaaaaa", isAudio: true)
    #expect(rotation.place(start) == .opening(name))
    rotation.opened(name, last: nil)
    let mark = SegmentMark(number: 5, offset: .zero, startsDiscontinuity: false)
    #expect(rotation.place(start) == .appended(mark: mark))
    rotation.added(start, mark: mark)
    #expect(rotation.place(Self.start(6, 1)) == .appended(mark: nil))
    rotation.closed()
    #expect(rotation.place(Self.start(6, 1)) == .opening(name))
  }
}

@Suite("Retention of hour files")
struct RetentionTests {
  private static func file(_ hour: Int64, _ size: Int64, isKept: Bool = false) -> Retention.File {
    Retention.File(end: .origin + .seconds(3600 * hour), size: size, isKept: isKept)
  }

  private static let files = [file(3, 10), file(1, 10), file(2, 10, isKept: true), file(4, 10)]

  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let rule: Retention
    let hour: Int64
    let gone: [Int]
  }

  @Test("a rule is printed as it is given")
  func text() {
    #expect("\(Retention())" == "kept for ever")
    let rule = Retention(keep: .seconds(7 * 86_400), limit: 500_000_000_000)
    #expect("\(rule)" == "kept for 7d, at most 500G")
  }

  static let rows = [
    Row(testDescription: "no rule", rule: Retention(), hour: 1000, gone: []),
    Row(
      testDescription: "exactly as old as permitted", rule: Retention(keep: .seconds(3600)),
      hour: 2, gone: []),
    Row(testDescription: "older", rule: Retention(keep: .seconds(7199)), hour: 5, gone: [1, 0]),
    Row(
      testDescription: "kept files stay", rule: Retention(keep: .zero), hour: 9, gone: [1, 0, 3]),
    Row(testDescription: "as many bytes", rule: Retention(limit: 40), hour: 9, gone: []),
    Row(testDescription: "too many bytes", rule: Retention(limit: 39), hour: 9, gone: [1]),
    Row(testDescription: "oldest first", rule: Retention(limit: 15), hour: 9, gone: [1, 0, 3]),
  ]

  @Test("removes", arguments: rows)
  func expired(_ row: Row) {
    let now = WallTime.origin + .seconds(3600 * row.hour)
    #expect(row.rule.expired(Self.files, now: now).map(\.index) == row.gone)
  }

  @Test("frees a disk that is nearly full by the oldest files")
  func freeing() {
    #expect(Retention.freeing(0, Self.files).isEmpty)
    #expect(Retention.freeing(11, Self.files) == [1, 0])
    #expect(Retention.missing(total: 1000, free: 20) == 0)
    #expect(Retention.missing(total: 1000, free: 15) == 5)
    #expect(Retention.missing(total: 1 << 50, free: 0) == 1 << 30)
  }
}

@Suite("The floor of lack of space")
struct FloorTests {
  private static func file(
    _ track: String, _ hour: Int64, seconds: Int64 = 3600, isDamaged: Bool = false
  ) -> Retention.File {
    Retention.File(
      track: track, end: .origin + .seconds(3600 * hour),
      duration: isDamaged ? .zero : .seconds(seconds), size: 10, isKept: false)
  }

  private func kept(_ floor: Retention.Floor, _ files: [Retention.File]) -> [Int] {
    Retention(floor: floor).aboveFloor(files).indices.filter {
      Retention(floor: floor).aboveFloor(files)[$0].isKept
    }
  }

  @Test("the newest hours of each rendition stay, until their media is as long as the floor")
  func time() {
    let files = [
      Self.file("a", 1), Self.file("a", 2), Self.file("a", 3), Self.file("b", 1),
      Self.file("b", 2, isDamaged: true), Self.file("b", 3, seconds: 60),
    ]
    #expect(kept(.time(.seconds(7200)), files) == [1, 2, 3, 4, 5])
    #expect(kept(.time(.seconds(60)), files) == [2, 5])
    #expect(kept(.time(.zero), files) == [])
    #expect(kept(.usual, files) == [0, 1, 2, 3, 4, 5])
  }

  @Test("media of a clock that was ahead replaces no other media")
  func ahead() {
    let files = [Self.file("a", 1), Self.file("a", 2), Self.file("a", 9000, seconds: 8)]
    #expect(kept(.time(.seconds(3608)), files) == [1, 2])
  }

  @Test("the newest hours of a stream stay, until they are as large as the floor")
  func size() {
    let files = [Self.file("a", 1), Self.file("b", 2), Self.file("a", 3)]
    #expect(kept(.size(11), files) == [1, 2])
    #expect(kept(.size(10), files) == [2])
  }
}

@Suite("The removal of hours from a full disk")
struct SpaceReliefTests {
  @Test("it ends when two hours have freed too little at once, and begins again with room")
  func atOnce() {
    var relief = SpaceRelief()
    #expect(relief.measure(total: 1000, free: 5) == 15)
    relief.remove(100, before: 5, after: 5)
    #expect(relief.isUseful)
    // The index of an hour that a snapshot keeps.
    relief.remove(100, before: 5, after: 9)
    #expect(!relief.isUseful)
    #expect(relief.measure(total: 1000, free: 5) == 15 && !relief.isUseful)
    #expect(relief.measure(total: 1000, free: 20) == 0 && relief.isUseful)
  }

  @Test("it ends when others fill the disk as fast as hours are removed")
  func others() {
    var relief = SpaceRelief()
    for isUseful in [true, true, false] {
      #expect(relief.measure(total: 1000, free: 5) == 15)
      #expect(relief.isUseful == isUseful)
      relief.remove(100, before: 5, after: 105)
    }
    // The archive alone fills the disk: each hour frees some bytes.
    var own = SpaceRelief()
    for free: Int64 in [5, 6, 7, 8, 9] {
      _ = own.measure(total: 1000, free: free)
      #expect(own.isUseful)
      own.remove(100, before: free, after: free + 100)
    }
  }
}

@Suite("Protected spans")
struct ProtectedSpansTests {
  private func span(_ from: Int64, _ to: Int64) -> Range<WallTime> {
    .origin + .seconds(from)..<(.origin + .seconds(to))
  }

  @Test("spans that touch are joined, a removed one leaves the rest, and the text keeps them")
  func spans() {
    var spans = WallSpans()
    spans.add(span(10, 20))
    spans.add(span(30, 40))
    spans.add(span(20, 25))
    #expect(spans.spans == [span(10, 25), span(30, 40)])
    spans.remove(span(12, 31))
    #expect(spans.spans == [span(10, 12), span(31, 40)])
    #expect(WallSpans(spans.text) == spans)
    #expect(spans.overlaps(.origin + .seconds(11), .origin + .seconds(15)))
    #expect(!spans.overlaps(.origin + .seconds(12), .origin + .seconds(31)))
    #expect(WallSpans("x y\n5 4\n1\n").spans.isEmpty)
  }
}
