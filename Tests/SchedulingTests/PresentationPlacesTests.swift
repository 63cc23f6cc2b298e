// SPDX-License-Identifier: Apache-2.0

import Media
import Scheduling
import TestSupport
import Testing

@Suite("Presentation places of frames with B-frames")
struct PresentationPlacesTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Presentation minus decoding by the timestamps, from a key frame on.
    let shifts: [Int64]
    /// The places that the frames get.
    let places: [Int64]
  }

  static let rows = [
    Row(
      testDescription: "no frame is displaced", shifts: [0, 2, -1, -1, 2, -1, -1],
      places: [0, 3, 1, 2, 6, 4, 5]),
    Row(
      testDescription: "a frame at the place of the one before", shifts: [0, 2, -1, -2, 2, -1, -1],
      places: [0, 3, 1, 2, 6, 4, 5]),
    Row(
      testDescription: "a frame at the place of its key frame", shifts: [0, 2, -2, -1, 2, -1, -1],
      places: [0, 3, 1, 2, 6, 4, 5]),
    Row(
      testDescription: "a frame before its key frame", shifts: [0, 2, -5, -1],
      places: [0, 3, 1, 2]),
    Row(
      testDescription: "a frame at the place of a later one", shifts: [0, 2, -1, 1, 2, -1, -1],
      places: [0, 3, 1, 4, 6, 5, 7]),
    Row(
      testDescription: "a frame after the end of the segment", shifts: [0, 2, -1, 30],
      places: [0, 3, 1, 9]),
  ]

  @Test("a frame whose place is taken gets the nearest free one", arguments: rows)
  func place(_ row: Row) {
    var places = PresentationPlaces()
    let found = row.shifts.enumerated().map { index, shift in
      100 * 10 + Int64(index)
        + places.shift(
          of: 1000 + Int64(index), shift: shift, isKey: index == 0, endOfSegment: 1010)
    }
    #expect(found.map { $0 - 1000 } == row.places)
  }

  @Test("places are unique for any timestamps", arguments: UInt64(0)..<40)
  func anything(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var places = PresentationPlaces()
    var seen: Set<Int64> = []
    var frame: Int64 = 0
    for index in 0..<400 {
      frame += random.next() % 20 == 0 ? 3 : 1
      let isKey = index % 25 == 0
      let shift = isKey ? 0 : Int64(random.next() % 8) - 3
      let place = frame + places.shift(of: frame, shift: shift, isKey: isKey)
      #expect(seen.insert(place).inserted)
      #expect((place - frame).magnitude <= UInt64(Reordering.maximum) + 4)
    }
  }
}
