// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Capture

@Suite("The first audio track of an input is taken")
struct AudioTrackOrderTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let tracks: [Int]
    var programs: [[Int]] = []
    var video: Int? = 0
    let order: [Int]
  }

  @Test(
    "the order is that of the container, whichever track is heard first",
    arguments: [
      Row(testDescription: "no audio", tracks: [], order: []),
      Row(testDescription: "a container without programs", tracks: [1, 2], order: [1, 2]),
      Row(
        testDescription: "the order of the PMT, not of the arrival", tracks: [1, 2, 3],
        programs: [[0, 3, 1, 2]], order: [3, 1, 2]),
      Row(
        testDescription: "a track of the PMT that cannot be decoded", tracks: [2],
        programs: [[0, 1, 2]], order: [2]),
      Row(
        testDescription: "the program of the video", tracks: [1, 3, 4],
        programs: [[2, 1], [0, 4, 3]], order: [4, 3]),
      Row(
        testDescription: "the video is not known yet", tracks: [1, 2], programs: [[2], [1]],
        video: nil, order: [2, 1]),
      Row(
        testDescription: "the program of the video has no audio", tracks: [1, 2],
        programs: [[0], [1]], order: [2]),
    ])
  func order(_ row: Row) {
    #expect(
      AudioTrackOrder.order(tracks: row.tracks, programs: row.programs, video: row.video)
        == row.order)
  }
}
