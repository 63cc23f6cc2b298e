// SPDX-License-Identifier: Apache-2.0

import Sharing
import Testing

@Suite("A value shared by threads, for one thread at a time")
struct LockedTests {
  @Test("no increment of four threads is lost")
  func increments() {
    let counter = Locked(0)
    onThreads(4) { _ in
      for _ in 0..<5_000 { counter.withLock { $0 += 1 } }
    }
    #expect(counter.withLock { $0 } == 20_000)
  }

  @Test("an error of the body is rethrown, and the lock is free afterwards")
  func throwing() {
    struct Refused: Error, Equatable {}
    let value = Locked(1)
    #expect(throws: Refused()) {
      try value.withLock { (state: inout Int) throws(Refused) in
        state = 2
        throw Refused()
      }
    }
    #expect(value.withLock { $0 } == 2)
  }
}
