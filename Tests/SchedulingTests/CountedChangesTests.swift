// SPDX-License-Identifier: Apache-2.0

import Scheduling
import Testing
import Time

@Suite("Changes that are counted, not repeated")
struct CountedChangesTests {
  /// The reports of a value that is read ten times per second: second, value, changes.
  private func reports(seconds: Int64, _ value: (Int64) -> Int) -> [[Int]] {
    var lines = CountedChanges(0)
    return (0..<10 * seconds).compactMap { step in
      lines.observe(value(step), now: .origin + .milliseconds(100 * step)).map {
        [Int(step / 10), $0.value, $0.changes]
      }
    }
  }

  @Test("the first change is reported at once, and alone")
  func first() {
    #expect(reports(seconds: 60) { _ in 0 } == [])
    #expect(reports(seconds: 60) { $0 < 50 ? 0 : 3 } == [[5, 3, 1]])
  }

  @Test("a value that changes each second has two lines in 10 s, with the number of changes")
  func fast() {
    let found = reports(seconds: 35) { $0 < 300 ? Int($0 / 10 % 2) : 0 }
    let expected = [
      [1, 1, 1], [2, 0, 1], [12, 0, 10], [13, 1, 1], [23, 1, 10], [24, 0, 1], [34, 0, 6],
    ]
    #expect(found == expected)
  }

  @Test("the last change is reported, also if it leads back")
  func back() {
    #expect(reports(seconds: 60) { 50..<60 ~= $0 ? 1 : 0 } == [[5, 1, 1], [6, 0, 1]])
    var lines = CountedChanges(0)
    lines.reset(to: 2)
    #expect(lines.observe(2, now: .origin) == nil)
    let report = lines.observe(1, now: .origin)
    #expect(report?.suffix == "")
    for second in Int64(1)...3 {
      let report = lines.observe(Int(second), now: .origin + .seconds(second))
      #expect(report?.changes == (second == 2 ? 1 : nil))
    }
    #expect(lines.observe(4, now: .origin + .seconds(12))?.suffix == "; 2 changes in 10 s")
  }
}
