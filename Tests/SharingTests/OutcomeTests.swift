// SPDX-License-Identifier: Apache-2.0

import Sharing
import Testing

@Suite("A value that is set once")
struct OutcomeTests {
  @Test("the first value stays, and the body gets it once")
  func first() {
    let outcome = Outcome<Int>()
    let seen = Locked<[Int]>([])
    outcome.whenSet { value in seen.withLock { $0.append(value) } }
    outcome.set(1)
    outcome.set(2)
    #expect(seen.withLock { $0 } == [1])
  }

  @Test("a later body gets the value at once; before the value it replaces the earlier body")
  func later() {
    let outcome = Outcome<Int>()
    let seen = Locked<[String]>([])
    outcome.whenSet { value in seen.withLock { $0.append("a\(value)") } }
    outcome.whenSet { value in seen.withLock { $0.append("b\(value)") } }
    outcome.set(1)
    outcome.whenSet { value in seen.withLock { $0.append("c\(value)") } }
    #expect(seen.withLock { $0 } == ["b1", "c1"])
  }
}
