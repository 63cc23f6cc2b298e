// SPDX-License-Identifier: Apache-2.0

import Testing
import Time

@testable import Statistics

@Suite("Memory is given back after slow responses")
struct MemoryReturnTests {
  @Test("when much past media was freed, at most every ten seconds")
  func returns() {
    var memory = MemoryReturn()
    // Seconds, megabytes of past media, and whether memory is given back.
    let rows: [(Int64, Int, Bool)] = [
      (0, 0, false), (2, 30, false), (4, 27, false), (6, 26, true), (8, 0, false), (14, 0, false),
      (16, 0, true), (18, 0, false), (40, 3, false), (42, 0, false), (44, 4, false), (46, 0, true),
    ]
    for (second, megabytes, isDue) in rows {
      let now = MonotonicTime.origin + .seconds(second)
      let found = memory.isDue(megabytes * 1_000_000, now: now)
      #expect(found == isDue, "\(second) s")
    }
  }
}
