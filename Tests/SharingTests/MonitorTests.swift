// SPDX-License-Identifier: Apache-2.0

import Sharing
import Testing

@Suite("A value that threads change and wait for")
struct MonitorTests {
  @Test("each value is taken once, by one of the waiting threads")
  func letters() {
    let box = Monitor<[Int]>([])
    let taken = Locked<[Int]>([])
    onThreads(3) { thread in
      if thread == 0 {
        for letter in 0..<400 { box.update { $0.append(letter) } }
      } else {
        for _ in 0..<200 {
          let letter = box.wait { $0.isEmpty ? nil : $0.removeFirst() }
          taken.withLock { $0.append(letter) }
        }
      }
    }
    #expect(taken.withLock { $0 }.sorted() == Array(0..<400))
  }

  @Test("a thread that waits after the change does not block")
  func late() {
    let box = Monitor<Int?>(nil)
    box.update { $0 = 7 }
    #expect(box.wait { $0 } == 7)
  }
}
