// SPDX-License-Identifier: Apache-2.0

import Media
import TestSupport
import Testing

@testable import Streams

@Suite("Requests for key frames")
struct KeyRequestTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// `S` a scheduled IDR, `p` the start of a part, `.` another frame.
    let frames: String
    /// `r` a request before the frame.
    let asked: String
    /// `K` an IDR.
    let keys: String
  }

  static let rows = [
    Row(
      testDescription: "no request", frames: "S.p.p.p.S.p.", asked: "            ",
      keys: "K       K   "),
    Row(
      testDescription: "the next part a distance after an IDR", frames: "S.p.p.p.p.S.",
      asked: " r          ", keys: "K     K   K "),
    Row(
      testDescription: "several requests share one IDR", frames: "S.p.p.p.p.p.",
      asked: "rrrrrr      ", keys: "K     K     "),
    Row(
      testDescription: "a scheduled IDR answers a request", frames: "S.p.S.p.p.p.",
      asked: " r          ", keys: "K   K       "),
    Row(
      testDescription: "one a distance, however many are asked for", frames: "S.p.p.p.p.p.p.p.p.",
      asked: "rrrrrrrrrrrrrrrrrr", keys: "K     K     K     "),
    Row(
      testDescription: "a late request is answered by the next part", frames: "S.p.p.p.p.p.",
      asked: "         r  ", keys: "K         K "),
    Row(
      testDescription: "not before the first IDR", frames: "p.p.S.p.", asked: "r       ",
      keys: "    K   "),
  ]

  @Test("IDRs five frames after the newest one at the earliest", arguments: rows)
  func requests(row: Row) {
    var state = KeyRequestState(distance: 5)
    var keys = ""
    for (index, (frame, asked)) in zip(row.frames, row.asked).enumerated() {
      if asked == "r" { state.request() }
      let isKey = state.take(
        Int64(index), isScheduled: frame == "S", startsPart: frame == "p" || frame == "S")
      keys += isKey ? "K" : " "
    }
    #expect(keys == row.keys)
  }

  /// Frames that are planned before a frame is encoded, and the IDRs.
  struct Plan: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let planned: [Int: [Int64]]
    let keys: [Int64]
  }

  @Test(
    "a planned frame is an IDR, also within a part",
    arguments: [
      Plan(testDescription: "ahead", planned: [1: [7]], keys: [0, 7]),
      Plan(testDescription: "the next one", planned: [6: [7]], keys: [0, 7]),
      Plan(testDescription: "asked for twice", planned: [1: [7], 2: [7]], keys: [0, 7]),
      Plan(testDescription: "in any order", planned: [1: [9, 4]], keys: [0, 4, 9]),
      Plan(testDescription: "past", planned: [8: [7]], keys: [0]),
      Plan(testDescription: "right after a scheduled IDR", planned: [0: [1]], keys: [0, 1]),
      Plan(testDescription: "right after a planned IDR", planned: [1: [4, 5]], keys: [0, 4, 5]),
      Plan(
        testDescription: "of a flood eight within a distance", planned: [0: Array(1...40)],
        keys: [0] + Array(1...8) + Array(11...18) + Array(21...28)),
    ])
  func planned(plan: Plan) {
    var state = KeyRequestState(distance: 10)
    var keys: [Int64] = []
    for index in 0..<30 {
      for frame in plan.planned[index] ?? [] { _ = state.plan(frame) }
      if state.take(Int64(index), isScheduled: index == 0, startsPart: false) {
        keys.append(Int64(index))
      }
    }
    #expect(keys == plan.keys)
  }

  @Test("each frame of a splice is told apart: it becomes an IDR, is known, late, or one too many")
  func outcomes() {
    var state = KeyRequestState(distance: 30)
    for index in Int64(0)...10 { _ = take(&state, index) }
    func plan(_ index: Int64) -> KeyRequestState.Plan { state.plan(index) }
    #expect([plan(10), plan(10), plan(11), plan(11)] == [.late, .known, .planned, .known])
    #expect(take(&state, 11))
    #expect(plan(11) == .known, "a repeated message of a splice that has its IDR")
    for index in Int64(0)..<7 { #expect(plan(20 + index) == .planned) }
    #expect(plan(40) == .refused && plan(60) == .planned)
    #expect(state.cancel(60) && !state.cancel(60) && !state.cancel(11))
    #expect(state.planned(after: 11) == 20 && state.planned(after: 26) == nil)
    // Each one that was accepted becomes an IDR.
    let keys = (Int64(12)...80).filter { take(&state, $0) }
    #expect(keys == Array(20...26))
  }

  private func take(_ state: inout KeyRequestState, _ index: Int64) -> Bool {
    state.take(index, isScheduled: false, startsPart: false)
  }

  @Test("at most 128 splices wait")
  func capacity() {
    var state = KeyRequestState(distance: 30)
    let planned = (Int64(1)...200).filter { state.plan($0 * 100) == .planned }
    #expect(planned == Array(1...128))
  }

  @Test("a splice at once is at the first frame that no rendition has asked for")
  func immediate() throws {
    var configuration = StreamConfiguration(
      size: try #require(VideoSize("320x180")),
      segmentation: Segmentation(
        rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000))
    configuration.renditions += configuration.renditions
    let keys = KeyRequests(configuration)
    let first = 30 * Int64(60_000_000)
    #expect(keys.plan(first + 4, isImmediate: true).frame == first + 4, "it is still to come")
    #expect(keys.take(0, frame: first) && keys.take(1, frame: first))
    // The frame is shown for two frame times.
    #expect(!keys.take(1, frame: first + 1, slots: 2) && !keys.take(0, frame: first + 1))
    let plan = keys.plan(first - 5, isImmediate: true)
    #expect(plan.frame == first + 4 && plan.outcome == .known)
    #expect(keys.splice(0, after: first + 1) == first + 4)
    #expect(keys.take(0, frame: first + 4) && keys.take(1, frame: first + 4))
    let next = keys.plan(first + 2, isImmediate: true)
    #expect(next.frame == first + 6 && next.outcome == .planned && next.isForAll)
    #expect(keys.take(0, frame: first + 6))
    _ = keys.take(1, frame: first + 8)
    let partly = keys.plan(first + 7)
    #expect(partly.outcome == .planned && !partly.isForAll, "the second one has encoded it")
    // A time that is encoded stays; the IDRs are those of the segments and of splices.
    for (frame, nearest) in [(3, 4), (-2, 0), (-16, -30)] as [(Int64, Int64)] {
      let late = keys.plan(first + frame)
      #expect(late.frame == first + frame && late.outcome == .late)
      #expect(late.nearest == first + nearest)
    }
  }
}
