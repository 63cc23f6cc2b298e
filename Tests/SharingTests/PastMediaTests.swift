// SPDX-License-Identifier: Apache-2.0

import Sharing
import TestSupport
import Testing
import Time

@Suite("Past media")
struct PastMediaTests {
  @Test("bytes that have left their window count until the last reference ends", .ownProcess)
  func counting() async {
    // The count is that of a process.
    await #expect(processExitsWith: .success) {
      let deadline = MonotonicTime.origin + .seconds(1)
      var bytes: [SharedBytes] = (1...3).map { SharedBytes([UInt8](repeating: 0, count: $0 * 100)) }
      precondition(PastMedia.byteCount == 0 && bytes[0].pastDeadline == nil)
      for piece in bytes { piece.leaveWindow(until: deadline) }
      // Only the first call counts.
      bytes[0].leaveWindow(until: deadline + .seconds(9))
      // With the objects that contain them.
      let object = SharedBytes.objectSize
      precondition(PastMedia.byteCount == 600 + 3 * object && bytes[0].pastDeadline == deadline)
      let response = bytes[1]
      bytes = []
      precondition(PastMedia.byteCount == 200 + object)
      withExtendedLifetime(response) {}
    }
  }

  @Test("an allowance of messages is a burst, and then a rate")
  func allowance() {
    var allowance = RateAllowance(burst: 3, rate: 2, now: .origin)
    // Milliseconds, the number of messages, and whether they may be sent.
    let rows: [(Int64, Int64, Bool)] = [
      (0, 3, true), (0, 1, false), (500, 2, false), (500, 1, true), (60_000, 4, false),
      (60_000, 3, true),
    ]
    for (time, count, isWithin) in rows {
      let found = allowance.take(count, now: .origin + .milliseconds(time))
      #expect(found == isWithin, "\(time) ms")
    }
  }
}
