// SPDX-License-Identifier: Apache-2.0

import Media
import Scheduling
import TestSupport
import Testing
import Time

@testable import Packaging
@testable import Streams

/// A name keeps its bytes over every pair of sessions that follow one another.
@Suite("Numbers of successive sessions")
struct NumbersOfSessionsTests {
  enum Kind: CaseIterable { case encoded, encodedWithoutPrefill, passed, variable }

  /// The contents that were published under each number, as the time of their first frame and the
  /// session.
  private struct Published {
    var contents: [Int64: String] = [:]
    var newest: Int64?
    var conflicts = 0

    mutating func add(_ number: Int64, _ content: String) {
      if let old = contents[number], old != content { conflicts += 1 }
      contents[number] = content
      newest = max(newest ?? number, number)
    }
  }

  private static let epoch = WallTime(nanoseconds: 1_795_155_720_000_000_000)

  private static func segmentation(_ kind: Kind) -> Segmentation {
    Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000,
      maximumGroupMicroseconds: kind == .variable ? 4_000_000 : nil)
  }

  /// Runs a session from `start` for `duration`, whose source sent its first key frame at `key`.
  private static func run(
    _ kind: Kind, session: Int, from start: Interval, key: Interval, for duration: Interval,
    _ published: inout Published
  ) throws -> Int64? {
    let segmentation = segmentation(kind)
    var configuration = StreamConfiguration(
      size: try #require(VideoSize("64x64")), segmentation: segmentation)
    configuration.passesThrough = kind == .passed || kind == .variable
    configuration.prefill = kind == .encoded ? 10 : 0
    configuration.earlier = published.newest.map {
      WindowEnd(segment: $0, discontinuities: 0, period: 0)
    }
    func segment(at time: Interval) -> Int64 {
      segmentation.segment(
        of: segmentation.grid.atOrAfter(MediaTime(epoch + time, plus: .zero)))
    }
    let current = segment(at: start)
    let first = SessionAnchor.first(configuration, current, segment(at: key))
    guard configuration.passesThrough else {
      let end = segment(at: start + duration)
      guard first <= end else { return nil }
      for number in first...end {
        // Slate before the present, then frames of this session.
        published.add(number, "\(session): \(number)")
      }
      return first
    }
    var schedule = PassThroughSchedule(segmentation: segmentation, first: first)
    var begun: Int64?
    var index: Int64 = 0
    while key + .seconds(index) / 30 < start + duration {
      let time = key + .seconds(index) / 30
      let position = schedule.assign(
        pts: .origin + time, isKey: index % 30 == 0, captured: epoch + time,
        arrival: .origin + .seconds(9) + time)
      if let position {
        begun = begun ?? position.segment
        published.add(position.segment, "\(session)")
      }
      index += 1
    }
    return begun
  }

  @Test(
    "no number has two contents, and no session begins before the end of the one before",
    arguments: Kind.allCases, Kind.allCases)
  func pairs(one: Kind, two: Kind) throws {
    for phase in stride(from: Int64(0), to: 40, by: TestLength.of(short: 3, long: 1)) {
      for pause in [0, 30, 400, 900, 1600, 12_000] as [Int64] {
        var published = Published()
        let start = Interval.milliseconds(500_000 + phase * 37)
        _ = try Self.run(
          one, session: 0, from: start, key: start - .milliseconds(phase * 31),
          for: .milliseconds(4000 + phase * 53), &published)
        let newest = try #require(published.newest)
        let next = start + .milliseconds(4000 + phase * 53 + pause)
        // Units are kept for two segments.
        let begun = try Self.run(
          two, session: 1, from: next, key: next - .milliseconds(phase * 47),
          for: .seconds(15), &published)
        #expect(published.conflicts == 0)
        #expect(try #require(begun) > newest)
        // It plays, and is with the clock again.
        let last = try #require(published.newest)
        let due = (Self.epoch + next + .seconds(15)).nanoseconds / 1_000_000_000
        #expect(last > newest + 10)
        if two != .variable { #expect((last - due).magnitude <= 1) }
      }
    }
  }
}
