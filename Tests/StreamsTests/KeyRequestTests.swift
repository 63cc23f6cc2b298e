// SPDX-License-Identifier: Apache-2.0

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
      Plan(testDescription: "right after a planned IDR", planned: [1: [4, 5]], keys: [0, 4]),
      Plan(
        testDescription: "too many", planned: [0: Array(1...40)],
        keys: [0, 1, 3, 5, 7, 9, 11, 13, 15]),
    ])
  func planned(plan: Plan) {
    // A fifth of the distance is two frames.
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
}
