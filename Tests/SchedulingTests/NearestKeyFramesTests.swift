// SPDX-License-Identifier: Apache-2.0

import Scheduling
import Testing

@Suite("The key frames nearest to splices of passed-through video")
struct NearestKeyFramesTests {
  /// Splices that are announced before a frame, and what is found with each frame.
  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// `S` a key frame that begins a segment, `k` another key frame, `.` another frame.
    let frames: String
    let planned: [Int: [Int64]]
    /// The splice, the key frame and the first frame of the segment, by the frame that decides.
    let found: [Int: [[Int64]]]
  }

  static let rows = [
    Row(
      testDescription: "at a key frame that begins a segment", frames: "S...S...",
      planned: [1: [4]], found: [4: [[4, 4, 4]]]),
    Row(
      testDescription: "at a key frame within a segment", frames: "S...k.....S.",
      planned: [1: [4]], found: [8: [[4, 4, 0]]]),
    Row(
      testDescription: "soon after a key frame: decided when the next one would be further",
      frames: "S.......S...", planned: [0: [2]], found: [4: [[2, 0, 0]]]),
    Row(
      testDescription: "shortly before a key frame: decided with it", frames: "S.......S...",
      planned: [0: [6]], found: [8: [[6, 8, 8]]]),
    Row(
      testDescription: "in the middle: the earlier one", frames: "S.......S...",
      planned: [0: [4]], found: [8: [[4, 0, 0]]]),
    Row(
      testDescription: "announced too late", frames: "S...S...S...",
      planned: [10: [3, 4]], found: [10: [[3, 4, 4], [4, 4, 4]]]),
    Row(
      testDescription: "repeated before and after", frames: "S...S...",
      planned: [1: [4], 2: [4], 6: [4]], found: [4: [[4, 4, 4]]]),
    Row(
      testDescription: "two of them", frames: "S...S...", planned: [1: [5, 1]],
      found: [2: [[1, 0, 0]], 6: [[5, 4, 4]]]),
    Row(testDescription: "no key frame follows", frames: "S...", planned: [1: [100]], found: [:]),
    Row(
      testDescription: "far from all frames", frames: "S...",
      planned: [1: [.max, .min]], found: [1: [[.min, 0, 0]]]),
  ]

  @Test("the nearest ones are found when no later one can be nearer", arguments: rows)
  func nearest(row: Row) {
    var state = NearestKeyFrames()
    var found: [Int: [[Int64]]] = [:]
    var segment: Int64 = 7
    for (index, kind) in row.frames.enumerated() {
      for splice in row.planned[index] ?? [] { state.plan(splice) }
      if kind == "S" { segment += 1 }
      let known = state.take(
        Int64(index), isKey: kind != ".", startOf: kind == "S" ? segment : nil)
      if !known.isEmpty { found[index] = known.map { [$0.splice, $0.key, $0.start] } }
      // Segments count from 8.
      for one in known {
        let starts = row.frames.prefix(Int(one.start) + 1).count { $0 == "S" }
        #expect(one.segment == 7 + Int64(starts))
      }
    }
    #expect(found == row.found)
  }

  @Test("of a flood the nearest sixteen splices are kept, and each is found once")
  func flood() {
    var state = NearestKeyFrames()
    for splice in (1...100).reversed() { state.plan(Int64(splice)) }
    var found: [Int64] = []
    for frame in 0..<200 {
      found += state.take(Int64(frame), isKey: true, startOf: Int64(frame)).map(\.splice)
    }
    #expect(found == Array(1...16))
  }

  @Test("a period forgets the splices of the one before")
  func period() {
    var state = NearestKeyFrames()
    _ = state.take(0, isKey: true, startOf: 1)
    state.plan(2)
    state.beginPeriod()
    #expect(state.take(40, isKey: true, startOf: 2).isEmpty)
  }

  @Test("a splice that was cancelled is not found")
  func cancelled() {
    var state = NearestKeyFrames()
    state.plan(3)
    state.plan(4)
    state.cancel(3)
    let found = (Int64(0)..<9).flatMap { state.take($0, isKey: true, startOf: $0) }
    #expect(found.map(\.splice) == [4])
  }
}
