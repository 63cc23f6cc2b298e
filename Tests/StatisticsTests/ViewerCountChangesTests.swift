// SPDX-License-Identifier: Apache-2.0

import Statistics
import Testing
import Time

@Suite("Changes of the number of viewers")
struct ViewerCountChangesTests {
  private func sums(_ counts: [String: Int]) -> ViewerSums {
    ViewerSums(
      counts.flatMap { stream, count in
        (0..<count).map { number in
          HTTPViewersTests.report(UInt64(number), stream)
        }
      })
  }

  @Test("a changed number is told, of each stream once in ten seconds; unchanged ones are not")
  func changes() {
    var changes = ViewerCountChanges()
    func told(_ counts: [String: Int], at seconds: Int64) -> [String] {
      changes.changes(sums(counts), streams: ["a", "b"], now: .origin + .seconds(seconds))
        .map { "\($0.stream) \($0.viewers)" }
    }
    #expect(told([:], at: 0).isEmpty)
    #expect(told(["a": 4], at: 2) == ["a 4"])
    #expect(told(["a": 6, "b": 1, "gone": 2], at: 4) == ["b 1"])
    #expect(told(["a": 6, "b": 1], at: 11).isEmpty)
    #expect(told(["a": 6], at: 12) == ["a 6"])
    #expect(told([:], at: 22) == ["a 0", "b 0"])
  }
}
