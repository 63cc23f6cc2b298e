// SPDX-License-Identifier: Apache-2.0

import Media
import Scheduling
import Testing
import Time

@Suite("Captions on their way to encoded frames")
struct CaptionQueueTests {
  private func time(_ frame: Int) -> MonotonicTime { .origin + .milliseconds(Int64(frame) * 10) }

  private func triplets(_ numbers: ClosedRange<UInt8>) -> [UInt8] {
    numbers.flatMap { [0xFC, $0, 0] }
  }

  @Test("each triplet is taken once, in order, with the first picture of its time or after it")
  func order() {
    var queue = CaptionQueue()
    for frame in 0..<4 { queue.add(triplets(UInt8(frame)...UInt8(frame)), at: time(frame)) }
    // A picture for two frames, a repeated one, and the rest.
    #expect(queue.take(before: time(2)) == triplets(0...1))
    #expect(queue.take(before: time(2)).isEmpty)
    #expect(queue.take(before: .distantFuture) == triplets(2...3))
  }

  @Test("a picture has at most 31 triplets; the others are in the next one")
  func most() {
    var queue = CaptionQueue()
    queue.add(triplets(0...20), at: time(0))
    queue.add(triplets(21...40), at: time(1))
    #expect(queue.take(before: .distantFuture) == triplets(0...30))
    #expect(queue.take(before: .distantFuture) == triplets(31...40))
  }

  @Test("torn and invalid triplets are dropped, and of those that wait the newest 600 stay")
  func bounds() {
    var queue = CaptionQueue()
    queue.add([1, 2], at: time(0))
    queue.add([0xFC, 2, 3, 0xFD], at: time(0))
    // cc_valid is 0.
    queue.add([0xFA, 0, 0, 0xFD, 0x80, 0x80, 0xF8, 1, 1], at: time(0))
    #expect(queue.take(before: .distantFuture) == [0xFC, 2, 3, 0xFD, 0x80, 0x80])
    for frame in 0..<1000 { queue.add([0xFC, UInt8(frame % 251), 0], at: time(frame)) }
    var taken: [UInt8] = []
    while case let more = queue.take(before: .distantFuture), !more.isEmpty { taken += more }
    #expect(taken.count == 1800 && taken[1] == UInt8(400 % 251))
  }
}
