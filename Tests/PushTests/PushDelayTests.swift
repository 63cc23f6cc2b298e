// SPDX-License-Identifier: Apache-2.0

import Push
import Testing
import Time

@Suite("The time until a receiver is tried again")
struct PushDelayTests {
  private let start = MonotonicTime.origin

  struct Row: Sendable, CustomTestStringConvertible {
    /// The seconds since the first fault at which the receiver fails again.
    let after: Int64
    let milliseconds: Int64
    var testDescription: String { "\(after) s: \(milliseconds) ms" }
  }

  static let lost = [
    Row(after: 0, milliseconds: 500), Row(after: 4, milliseconds: 500),
    Row(after: 5, milliseconds: 500), Row(after: 6, milliseconds: 600),
    Row(after: 60, milliseconds: 6000), Row(after: 300, milliseconds: 30_000),
    Row(after: 86_400, milliseconds: 30_000),
  ]

  @Test("after a lost connection it is a tenth of the outage, within 0.5 to 30 s", arguments: lost)
  func outage(_ row: Row) {
    var delay = PushDelay()
    _ = delay.failed(isRefusal: false, delivering: nil, start)
    let wait = delay.failed(isRefusal: false, delivering: nil, start + .seconds(row.after))
    #expect(wait.milliseconds == row.milliseconds)
  }

  @Test("it doubles with each refusal, however long the outage lasts")
  func refusals() {
    var delay = PushDelay()
    let waits = (0..<8).map { index in
      delay.failed(isRefusal: true, delivering: nil, start + .seconds(100 * index)).milliseconds
    }
    #expect(waits == [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
  }

  @Test("a lost connection between refusals does not shorten their time")
  func mixed() {
    var delay = PushDelay()
    let kinds = [true, false, true]
    let waits = kinds.map { delay.failed(isRefusal: $0, delivering: nil, start).milliseconds }
    #expect(waits == [500, 500, 1000])
  }

  @Test("a receiver that took media for 5 s has another outage; one that did not has the same")
  func steady() {
    for (delivered, milliseconds) in [(PushDelay.steadyTime, Int64(500)), (.seconds(4), 10_000)] {
      var delay = PushDelay()
      _ = delay.failed(isRefusal: false, delivering: nil, start)
      let now = start + .seconds(100)
      let wait = delay.failed(isRefusal: false, delivering: now - delivered, now)
      #expect(wait.milliseconds == milliseconds)
    }
  }
}
