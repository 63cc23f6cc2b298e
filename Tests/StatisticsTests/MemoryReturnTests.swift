// SPDX-License-Identifier: Apache-2.0

import Statistics
import Testing
import Time

@Suite("Memory is given back after slow responses")
struct MemoryReturnTests {
  @Test("when much past media was freed, or the last of it, at most every ten seconds")
  func returns() {
    var memory = MemoryReturn()
    // Seconds, megabytes of past media, tenths of megabytes that have ended since the start, and
    // whether memory is given back.
    let rows: [(Int64, Int, Int, Bool)] = [
      (0, 0, 0, false), (2, 30, 0, false), (4, 27, 30, false), (6, 26, 40, true),
      (8, 0, 300, false), (14, 0, 300, false), (16, 0, 300, true), (18, 0, 300, false),
      // Less than 4 MB, while responses keep some, and after the last one.
      (40, 3, 330, false), (42, 0, 330, true), (60, 0, 334, false), (62, 0, 335, true),
      // Past media that came and ended between two looks.
      (80, 1, 374, false), (82, 1, 375, true),
    ]
    for (second, megabytes, ended, isDue) in rows {
      let now = MonotonicTime.origin + .seconds(second)
      let found = memory.isDue(megabytes * 1_000_000, ended: ended * 100_000, now: now)
      #expect(found == isDue, "\(second) s")
    }
  }

  @Test("the counter of ended bytes may wrap")
  func wraps() {
    var memory = MemoryReturn()
    let rows: [(Int64, Int, Bool)] = [
      (0, .max, true), (20, .max &+ 100_000, false), (30, .max &+ 600_000, true),
    ]
    for (second, ended, isDue) in rows {
      let found = memory.isDue(0, ended: ended, now: .origin + .seconds(second))
      #expect(found == isDue, "\(second) s")
    }
  }
}
