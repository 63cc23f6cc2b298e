// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Capture

@Suite("Reading the burned clock")
struct BurnedClockReadingTests {
  /// The luma of the strip for a time, from its definition.
  private func luma(
    _ milliseconds: Int64, width: Int, height: Int, white: UInt8 = 235, black: UInt8 = 16
  ) -> [[UInt8]] {
    let cells = BurnedClock.cells(milliseconds)
    let columns = (0..<width).map { x in (0..<32).last { $0 * width / 32 <= x } ?? 0 }
    let strip = (0..<2).map { row in
      columns.map { cells >> UInt64(63 - row * 32 - $0) & 1 == 1 ? white : black }
    }
    let below = [UInt8](repeating: 128, count: width)
    return (0..<height).map { y in
      let row = (0..<2).last { $0 * height / 18 <= y } ?? 0
      return y < 2 * height / 18 ? strip[row] : below
    }
  }

  private func read(_ rows: [[UInt8]]) -> Int64? {
    BurnedClock.read(width: rows.first?.count ?? 0, height: rows.count) { rows[$1][$0] }
  }

  @Test(
    "the time is read in any size and range",
    arguments: [(1920, 1080), (640, 360), (426, 240), (320, 180), (160, 90), (64, 64), (32, 18)])
  func sizes(width: Int, height: Int) {
    for time in [0, 1, 1_700_000_000_000, 281_474_976_710_655] as [Int64] {
      #expect(read(luma(time, width: width, height: height)) == time)
      #expect(
        read(luma(time, width: width, height: height, white: 255, black: 0)) == time)
      #expect(
        read(luma(time, width: width, height: height, white: 90, black: 50)) == time)
    }
  }

  @Test("a strip with little contrast, a wrong cell, or too small a frame is no clock")
  func unreadable() {
    let rows = luma(1_700_000_000_000, width: 640, height: 360)
    #expect(read(luma(1, width: 640, height: 360, white: 89, black: 50)) == nil)
    for cell in 0..<64 {
      var damaged = rows
      let (row, column) = (cell / 32, cell % 32)
      for y in row * 20..<row * 20 + 20 {
        for x in column * 20..<column * 20 + 20 { damaged[y][x] = 251 - damaged[y][x] }
      }
      #expect(read(damaged) == nil, "\(cell)")
    }
    #expect(read(Array(repeating: Array(repeating: 128, count: 640), count: 360)) == nil)
    #expect(read(luma(1, width: 31, height: 18)) == nil)
    #expect(read(luma(1, width: 32, height: 17)) == nil && read([]) == nil)
  }

  @Test("a header that describes no video, and bytes that are no track, are errors")
  func faults() {
    #expect(throws: BurnedClockTrack.Fault.self) {
      try BurnedClockTrack().take([0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1])
    }
    // A fragment without its header.
    #expect(throws: BurnedClockTrack.Fault.self) {
      try BurnedClockTrack().take([0, 0, 0, 8] + Array("moof".utf8))
    }
  }
}
