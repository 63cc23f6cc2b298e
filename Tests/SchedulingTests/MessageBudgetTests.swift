// SPDX-License-Identifier: Apache-2.0

import Scheduling
import Testing
import Time

@Suite("The messages that the process of a source may send")
struct MessageBudgetTests {
  private func at(_ milliseconds: Int64) -> MonotonicTime {
    .origin + .seconds(1000) + .milliseconds(milliseconds)
  }

  @Test("32 tracks of 120 frames/s at 160 Mbit/s each are within the budget for ever")
  func ladder() {
    var budget = MessageBudget()
    var excess = Interval.zero
    for frame in Int64(0)..<12_000 {
      for _ in 0..<32 { excess = max(excess, budget.take(40_000, at: at(frame * 25 / 3))) }
    }
    #expect(excess == .zero)
  }

  @Test("a full buffer of small messages, or ten key frames of 32 MB, may come at once")
  func bursts() {
    var small = MessageBudget()
    let first = (0..<20_000).map { _ in small.take(100, at: at(0)) }
    #expect(first.allSatisfy { $0 == .zero })
    #expect(small.take(100, at: at(0)) > .zero)
    var large = MessageBudget()
    let frames = (0..<12).map { _ in large.take(32 << 20, at: at(0)) }
    #expect(frames[..<11].allSatisfy { $0 == .zero } && frames[11] > .zero)
  }

  @Test("twice the rate exceeds it after the burst, and the excess is the time to wait")
  func excess() {
    var budget = MessageBudget()
    var taken: Int64 = 0
    while budget.take(9, at: at(taken / 10)) == .zero, taken < 1_000_000 { taken += 1 }
    #expect((39_000...41_000).contains(taken))
    let now = at(taken / 10)
    let excess = budget.take(9, at: now)
    #expect(excess > .zero && excess < .milliseconds(2))
    #expect(budget.take(9, at: now + excess + .milliseconds(1)) == .zero)
  }
}
