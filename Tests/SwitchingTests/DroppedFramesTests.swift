// SPDX-License-Identifier: Apache-2.0

import Switching
import Testing
import Time

@Suite("Frames that a player drops")
struct DroppedFramesTests {
  /// Reports, one per second, as dropped and shown frames; and in which ones there is trouble.
  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let reports: [(Double?, Double?)]
    var isVisible: Bool? = true
    /// The report before which the server drops chunks.
    var skip: Int?
    var trouble: [Int] = []
  }

  /// The reports of a player that drops and shows this number of frames per second.
  private static func steady(
    _ count: Int, dropped: Double, shown: Double
  ) -> [(Double?, Double?)] {
    (0..<count).map { (Double($0) * dropped, Double($0) * shown) }
  }

  static let rows: [Row] = [
    Row(testDescription: "no drops", reports: steady(5, dropped: 0, shown: 30)),
    Row(testDescription: "a fifth", reports: steady(4, dropped: 6, shown: 24), trouble: [2]),
    Row(testDescription: "below a fifth", reports: steady(6, dropped: 5, shown: 25)),
    Row(testDescription: "few frames at all", reports: steady(6, dropped: 3, shown: 2)),
    Row(
      testDescription: "the counts begin again after trouble",
      reports: steady(7, dropped: 15, shown: 15), trouble: [2, 5]),
    Row(
      testDescription: "drops before the window do not count",
      reports: [(0, 0), (7, 30), (7, 60), (7, 90), (14, 113), (14, 143)]),
    Row(
      testDescription: "a hidden page", reports: steady(6, dropped: 15, shown: 15),
      isVisible: false),
    Row(
      testDescription: "a player that says nothing of its page",
      reports: steady(3, dropped: 15, shown: 15), isVisible: nil, trouble: [2]),
    Row(
      testDescription: "chunks were dropped: five seconds do not count",
      reports: steady(10, dropped: 15, shown: 15), skip: 1, trouble: [8]),
    Row(
      testDescription: "another player with smaller numbers",
      reports: [(0, 90), (0, 120), (20, 0), (40, 20), (60, 40)], trouble: [4]),
    Row(testDescription: "no numbers", reports: [(nil, 1), (1, nil), (.infinity, 1), (1, .nan)]),
  ]

  @Test("a fifth of the frames within two seconds is trouble", arguments: rows)
  func trouble(row: Row) {
    var frames = DroppedFrames()
    var found: [Int] = []
    for (index, report) in row.reports.enumerated() {
      let now = MonotonicTime.origin + .seconds(Int64(100 + index))
      if index == row.skip { frames.skipped(now: now) }
      let isTrouble = frames.isTrouble(
        dropped: report.0, shown: report.1, isVisible: row.isVisible, now: now)
      if isTrouble { found.append(index) }
    }
    #expect(found == row.trouble)
  }

  @Test("many reports at once are bounded and without effect")
  func flood() {
    var frames = DroppedFrames()
    for index in 0..<1000 {
      let isTrouble = frames.isTrouble(
        dropped: Double(index), shown: 0, isVisible: true, now: .origin + .milliseconds(1))
      #expect(!isTrouble)
    }
  }
}
