// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Streams

@Suite("Slots that wait for an encoder: pictures may be replaced, slots never")
struct EncoderQueueTests {
  private static func slot<Image>(_ frame: Int64, _ image: Image) -> FrameSlot<Image> {
    FrameSlot(
      frame: frame, image: image, captured: frame, timestampMilliseconds: frame, due: frame,
      announcement: frame % 30 == 0 ? .init(offset: frame, skipped: 0) : nil)
  }

  @Test("every slot comes out once, in order, with its announcement", arguments: UInt64(0)..<30)
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
          #expect(slot.frame == popped)
          #expect((slot.announcement != nil) == (popped % 30 == 0))
          // Its own picture or a newer one that has come, never an older one.
          #expect((slot.frame..<pushed).contains(slot.image))
          popped += 1
        }
      }
      #expect(pending.count == Int(pushed - popped))
    }
  }

  @Test("up to the capacity each has its own picture; beyond it all have the newest")
  func replaced() {
    var pending = EncoderQueue<String>(capacity: 3)
    for (frame, image) in ["a", "b", "c"].enumerated() {
      pending.push([Self.slot(Int64(frame), image)])
    }
    #expect(pending.pop()?.image == "a")
    pending.push([Self.slot(3, "d")])
    #expect(pending.pop()?.image == "b")
    pending.push([Self.slot(4, "e"), Self.slot(5, "f")])
    #expect((0..<4).map { _ in pending.pop()?.image } == ["f", "f", "f", "f"])
    #expect(pending.pop() == nil)
  }

  @Test("pictures of slots that were taken are let go, also while there is always one more waiting")
  func memory() {
    final class Counted: Sendable {}
    var pending = EncoderQueue<Counted>(capacity: 3)
    var seen: [Weak] = []
    struct Weak { weak var picture: Counted? }
    pending.push([Self.slot(0, Counted())])
    for frame in Int64(1)..<2000 {
      let picture = Counted()
      seen.append(Weak(picture: picture))
      pending.push([Self.slot(frame, picture)])
      _ = pending.pop()
    }
    #expect(seen.count { $0.picture != nil } <= 8)
  }

  @Test("after the end nothing is taken, and what waits is at most a part's worth, the oldest")
  func closed() {
    var pending = EncoderQueue<Int64>(capacity: 3)
    pending.push((0..<100).map { Self.slot($0, $0) })
    _ = pending.pop()
    pending.close()
    pending.push([Self.slot(100, 100)])
    #expect(pending.isClosed)
    #expect((0..<4).map { _ in pending.pop()?.frame } == [1, 2, 3, nil])
  }

  @Test("nothing is made of an empty push")
  func empty() {
    var pending = EncoderQueue<Int64>(capacity: 3)
    pending.push([])
    #expect(pending.count == 0)
    #expect(pending.pop() == nil)
    pending.close()
    #expect(pending.pop() == nil)
  }
}
