// SPDX-License-Identifier: Apache-2.0

import Sharing
import TestSupport
import Testing
import Time

@Suite("Work that is due at times", .blocking)
struct TimerTests {
  private static func time(_ milliseconds: Int64) -> MonotonicTime {
    .origin + .milliseconds(milliseconds)
  }

  @Test("work is taken when it is due, the earliest first, equal times in the order of arrival")
  func order() {
    var queue = DeadlineQueue<Int>()
    #expect(queue.next == nil && queue.takeDue(Self.time(1000)) == nil)
    for (work, due) in [(0, 30), (1, 10), (2, 20), (3, 10), (4, 30)] as [(Int, Int64)] {
      queue.add(work, due: Self.time(due))
    }
    #expect(queue.next == Self.time(10))
    #expect(queue.takeDue(Self.time(9)) == nil)
    var taken: [Int] = []
    while let work = queue.takeDue(Self.time(20)) { taken.append(work) }
    #expect(taken == [1, 3, 2] && queue.next == Self.time(30))
    while let work = queue.takeDue(Self.time(31)) { taken.append(work) }
    #expect(taken == [1, 3, 2, 0, 4] && queue.next == nil)
  }

  @Test("later work does not delay earlier work; the thread begins again after it has ended")
  func thread() {
    let timer = TimerThread()
    let done = Monitor<[Int]>([])
    for round in 0..<2 {
      let now = SystemClock.monotonicTime
      timer.run(at: now + .milliseconds(60)) { done.update { $0.append(round * 10 + 2) } }
      timer.run(at: now + .milliseconds(20)) { done.update { $0.append(round * 10 + 1) } }
      let found = done.wait(until: now + .seconds(10)) { $0.count == round * 2 + 2 ? $0 : nil }
      let expected: [Int] = [round * 10 + 1, round * 10 + 2]
      #expect(found.map { Array($0.suffix(2)) } == expected)
      #expect(SystemClock.monotonicTime >= now + .milliseconds(60))
    }
  }

  @Test("earlier work that is added while the thread waits for later work is not late")
  func earlierWork() {
    let timer = TimerThread()
    let isDone = Monitor(false)
    let now = SystemClock.monotonicTime
    timer.run(at: now + .seconds(60)) {}
    // The thread waits for a minute by then.
    SystemClock.sleep(until: now + .milliseconds(100))
    timer.run(at: now + .milliseconds(120)) { isDone.update { $0 = true } }
    #expect(isDone.wait(until: now + .seconds(10)) { $0 ? true : nil } == true)
  }
}
