// SPDX-License-Identifier: Apache-2.0

import Scheduling
import Testing
import Time

@Suite("Reports of changes")
struct ChangeReportsTests {
  /// The seconds at which a value is reported, which is read ten times per second.
  private func reports(seconds: Int64, _ value: (Int64) -> Int64) -> [Double] {
    var found = ChangeReports<Int64>()
    return (0..<10 * seconds).filter {
      found.reports(value($0), at: .origin + .milliseconds(100 * $0))
    }.map { Double($0) / 10 }
  }

  @Test("the first value is reported at once, and once")
  func first() { #expect(reports(seconds: 60) { _ in 7 } == [0]) }

  @Test("a change is reported when it has lasted two seconds")
  func change() {
    #expect(reports(seconds: 60) { $0 < 200 ? 7 : 8 } == [0, 22])
    #expect(reports(seconds: 60) { 200..<215 ~= $0 ? 8 : 7 } == [0])
  }

  @Test("a value that changes each second is reported once")
  func fast() { #expect(reports(seconds: 60) { $0 / 10 % 2 } == [0]) }

  @Test("of slower changes three have a line within 30 s, and the last one has")
  func slow() {
    let found = reports(seconds: 120) { $0 < 900 ? $0 / 30 % 2 : 5 }
    #expect(zip(found, found.dropFirst(3)).allSatisfy { $1 - $0 >= 30 })
    #expect(found.count >= 9 && found.last.map { 92...122 ~= $0 } == true)
  }
}
