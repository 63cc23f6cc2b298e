// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import Time

@testable import Scheduling

@Suite("Waiting frame slots: their frames may be replaced, slots are never dropped")
struct EncoderQueueTests {
  private static func slot<Frame>(_ index: Int64, _ frame: Frame) -> FrameSlot<Frame> {
    FrameSlot(
      frameIndex: index, frame: frame, captured: WallTime(nanoseconds: index),
      timestampMilliseconds: index, due: MonotonicTime(nanoseconds: index),
      announcement: index % 30 == 0 ? .init(offset: .nanoseconds(index), skipped: 0) : nil)
  }

  @Test("every slot is returned once, in order, with its announcement", arguments: UInt64(0)..<30)
  func none(seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    var pending = EncoderQueue<Int64>(capacity: Int.random(in: 0...4, using: &generator))
    var (pushed, popped) = (Int64(0), Int64(0))
    for _ in 0..<500 {
      if Bool.random(using: &generator) {
        let count = Int64.random(in: 0...5, using: &generator)
        pending.push((0..<count).map { Self.slot(pushed + $0, pushed + $0) })
        pushed += count
      } else {
        for _ in 0..<Int.random(in: 0...6, using: &generator) {
          guard let slot = pending.pop() else {
            #expect(popped == pushed)
            break
          }
          #expect(slot.frameIndex == popped)
          #expect((slot.announcement != nil) == (popped % 30 == 0))
          // Its own frame or a newer one, never an older one.
          #expect((slot.frameIndex..<pushed).contains(slot.frame))
          popped += 1
        }
      }
      #expect(pending.count == Int(pushed - popped))
    }
  }

  @Test("up to the capacity each slot has its own frame; beyond it all have the newest")
  func replaced() {
    var pending = EncoderQueue<String>(capacity: 3)
    for (index, frame) in ["a", "b", "c"].enumerated() {
      pending.push([Self.slot(Int64(index), frame)])
    }
    #expect(pending.pop()?.frame == "a")
    pending.push([Self.slot(3, "d")])
    #expect(pending.pop()?.frame == "b")
    pending.push([Self.slot(4, "e"), Self.slot(5, "f")])
    #expect((0..<4).map { _ in pending.pop()?.frame } == ["f", "f", "f", "f"])
    #expect(pending.pop() == nil)
  }

  @Test("frames of popped slots are freed, even if the queue is never empty")
  func memory() {
    final class Counted: Sendable {}
    var pending = EncoderQueue<Counted>(capacity: 3)
    var seen: [Weak] = []
    struct Weak { weak var frame: Counted? }
    pending.push([Self.slot(0, Counted())])
    for index in Int64(1)..<2000 {
      let frame = Counted()
      seen.append(Weak(frame: frame))
      pending.push([Self.slot(index, frame)])
      _ = pending.pop()
    }
    #expect(seen.count { $0.frame != nil } <= 8)
  }

  @Test("a closed queue takes no slots and keeps the oldest part's worth")
  func closed() {
    var pending = EncoderQueue<Int64>(capacity: 3)
    pending.push((0..<100).map { Self.slot($0, $0) })
    _ = pending.pop()
    pending.close()
    pending.push([Self.slot(100, 100)])
    #expect(pending.isClosed)
    #expect((0..<4).map { _ in pending.pop()?.frameIndex } == [1, 2, 3, nil])
  }

  @Test("an empty push adds no slot")
  func empty() {
    var pending = EncoderQueue<Int64>(capacity: 3)
    pending.push([])
    #expect(pending.count == 0)
    #expect(pending.pop() == nil)
    pending.close()
    #expect(pending.pop() == nil)
  }
}
