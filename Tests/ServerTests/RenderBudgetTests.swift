// SPDX-License-Identifier: Apache-2.0

import Testing
import Time

@testable import Server

@Suite("The budget of a dear text")
struct RenderBudgetTests {
  /// Expects `count` permitted texts of 1,000 requests at `now`.
  private func expect(_ count: Int, at now: MonotonicTime, _ budget: inout RenderBudget) {
    let rendered = (0..<1000).count { _ in budget.take(at: now) }
    #expect(rendered == count)
  }

  @Test("a flood renders ten texts at once, and then ten a second")
  func flood() {
    var budget = RenderBudget()
    let start = MonotonicTime.origin + .seconds(100)
    expect(10, at: start, &budget)
    expect(0, at: start + .milliseconds(99), &budget)
    expect(1, at: start + .milliseconds(100), &budget)
    expect(5, at: start + .milliseconds(600), &budget)
    expect(10, at: start + .seconds(3600), &budget)
  }

  @Test("a scrape each second always renders")
  func scrape() {
    var budget = RenderBudget()
    for second in Int64(0)..<100 {
      let isRendered = budget.take(at: .origin + .seconds(second))
      #expect(isRendered)
    }
  }
}
