// SPDX-License-Identifier: Apache-2.0

import Media
import Testing
import Time

@Suite("Decoding order of streams with B-frames, ISO/IEC 23000-19 §7.5.17")
struct DecodingOrderTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Presentation timestamps in frames, in decoding order; the first is that of a key frame.
    let shown: [Int64]
    /// Indices of the key frames.
    var keys: Set<Int> = [0]
    /// Decode timestamps in frames; nil for none.
    var decoded: [Int64]?
    /// What the codec counts for each frame; nil for unknown.
    var counted: [Int64]?
    let places: [Int64]
    let shifts: [Int64]
  }

  static let rows = [
    Row(
      testDescription: "two B-frames without decode timestamps", shown: [0, 3, 1, 2, 6, 4, 5],
      places: [0, 1, 2, 3, 4, 5, 6], shifts: [0, 2, -1, -1, 2, -1, -1]),
    Row(
      testDescription: "decode timestamps that begin before", shown: [0, 3, 1, 2],
      decoded: [-2, -1, 0, 1], places: [0, 1, 2, 3], shifts: [0, 2, -1, -1]),
    Row(
      testDescription: "a lost B-frame, by the decode timestamps", shown: [0, 3, 2, 6, 4, 5],
      decoded: [-2, -1, 1, 2, 3, 4], places: [0, 1, 3, 4, 5, 6], shifts: [0, 2, -1, 2, -1, -1]),
    Row(
      testDescription: "a key frame begins a group", shown: [0, 2, 1, 3, 5, 4], keys: [0, 3],
      places: [0, 1, 2, 3, 4, 5], shifts: [0, 1, -1, 0, 1, -1]),
    Row(
      testDescription: "a frame that is lost without decode timestamps is found at the key frame",
      shown: [0, 2, 4, 3, 5], keys: [0, 4], places: [0, 1, 2, 3, 5], shifts: [0, 1, 2, 0, 0]),
    Row(
      testDescription: "timestamps that jump stay as they are", shown: [0, 1, 2000, 2001],
      places: [0, 1, 2000, 2001], shifts: [0, 0, 0, 0]),
    Row(
      testDescription: "displaced timestamps of one unit do not move the next ones",
      shown: [0, 3, 1, 9002, 6, 4, 5], decoded: [-2, -1, 0, 9001, 2, 3, 4],
      places: [0, 1, 2, 9003, 4, 5, 6], shifts: [0, 2, -1, -1, 2, -1, -1]),
    Row(
      testDescription: "two near timestamps of one unit do not move the next ones",
      shown: [0, 3, 1, 10, 6, 4, 5], decoded: [-2, -1, 0, 9, 2, 3, 4],
      places: [0, 1, 2, 11, 4, 5, 6], shifts: [0, 2, -1, -1, 2, -1, -1]),
    Row(
      testDescription: "a wrong timestamp keeps the place that the codec counts",
      shown: [0, 3, 1, 2, 6, 4, 5, 9, 7, 8, 20, 10, 11],
      counted: [0, 6, 2, 4, 12, 8, 10, 18, 14, 16, 24, 20, 22],
      places: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 18, 11, 12],
      shifts: [0, 2, -1, -1, 2, -1, -1, 2, -1, -1, 2, -1, -1]),
    Row(
      testDescription: "timestamps that jump in a group keep the order that the codec counts",
      shown: [0, 3, 1, 2, 6, 4, 5, 9, 7, 8, 2012, 2010, 2011],
      counted: [0, 6, 2, 4, 12, 8, 10, 18, 14, 16, 24, 20, 22],
      places: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 2010, 2011, 2012],
      shifts: [0, 2, -1, -1, 2, -1, -1, 2, -1, -1, 2, -1, -1]),
    Row(
      testDescription: "a codec that counts otherwise than the timestamps has no effect",
      shown: [0, 3, 1, 2, 6, 4, 5, 9, 7, 8, 12, 10, 11],
      counted: [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24],
      places: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
      shifts: [0, 2, -1, -1, 2, -1, -1, 2, -1, -1, 2, -1, -1]),
    displacedKey(by: 3), displacedKey(by: -3),
    Row(
      testDescription: "without B-frames", shown: [0, 1, 2, 4], decoded: [0, 1, 2, 4],
      places: [0, 1, 2, 4], shifts: [0, 0, 0, 0]),
  ]

  /// Two groups with one B-frame between references; both timestamps of the second key frame are
  /// off by some frames.
  private static func displacedKey(by error: Int64) -> Row {
    Row(
      testDescription: "a key frame that is displaced by \(error) does not move the next ones",
      shown: [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 11 + error, 13, 12, 15, 14], keys: [0, 11],
      decoded: [-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 + error, 11, 12, 13, 14],
      counted: [0, 4, 2, 8, 6, 12, 10, 16, 14, 20, 18, 0, 4, 2, 8, 6],
      places: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 + error, 12, 13, 14, 15],
      shifts: [0, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 0, 1, -1, 1, -1])
  }

  @Test("units are placed one after another, key frames at their presentation", arguments: rows)
  func place(_ row: Row) {
    let rate = FrameRate.thirty
    let grid = FrameGrid(rate: rate)
    func time(_ frame: Int64) -> SourceTime { .origin + grid.duration(ofFrames: 900 + frame) }
    var order = DecodingOrder(rate: rate)
    let found = row.shown.enumerated().map { index, shown in
      order.place(
        pts: time(shown), dts: row.decoded.map { time($0[index]) },
        count: row.counted.map { $0[index] }, isKey: row.keys.contains(index))
    }
    #expect(found.map { rate.nearestCount($0.pts - time(0)) } == row.places)
    #expect(found.map(\.shift) == row.shifts)
  }

  @Test("hostile timestamps do not trap")
  func hostile() {
    var order = DecodingOrder(rate: .thirty)
    let times: [Int64] = [.min, .max, 0, .min, .max, -1, .max]
    for (index, time) in times.enumerated() {
      let pts = SourceTime(nanoseconds: time)
      let place = order.place(
        pts: pts, dts: SourceTime(nanoseconds: times[times.count - 1 - index]),
        count: times[(index + 2) % times.count], isKey: index % 3 == 0)
      #expect(place.shift.magnitude <= Reordering.maximum)
    }
  }
}
