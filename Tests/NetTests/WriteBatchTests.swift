// SPDX-License-Identifier: Apache-2.0

import Sharing
import TestSupport
import Testing

@testable import Net

@Suite("Batches of bytes to be written")
struct WriteBatchTests {
  /// A batch of two shared pieces around lent memory: "abc", "DEF", "ghij" without its first byte.
  private func rest(after count: Int) -> [UInt8] {
    let (first, last) = (SharedBytes("abc"), SharedBytes("ghij"))
    let batch = WriteBatch()
    var lent = Array("DEF".utf8)
    var slices: [ByteSlice] = []
    unsafe lent.withUnsafeMutableBytes { memory in
      batch.append(first)
      unsafe batch.append(lent: UnsafeRawBufferPointer(memory))
      batch.append(ByteSlice(last, 1..<4))
      batch.consume(count)
      #expect(batch.byteCount == 9 - count)
      batch.takeRest { slices.append($0) }
      #expect(batch.isEmpty)
      // Slices must not use memory that was lent.
      unsafe memory.initializeMemory(as: UInt8.self, repeating: 0x21)
    }
    return slices.flatMap { $0.bytes.array[$0.offset..<$0.offset + $0.count] }
  }

  @Test("any number of bytes can be consumed; the rest is shared or copied", arguments: 0...9)
  func consume(count: Int) {
    #expect(rest(after: count) == Array("abcDEFhij".utf8.dropFirst(count)))
  }

  @Test("an emptied batch can be filled again, beyond its first capacity")
  func refill() {
    let bytes = (0..<100).map { SharedBytes([UInt8($0)]) }
    let batch = WriteBatch()
    for _ in 0..<2 {
      for one in bytes { batch.append(one) }
      var found: [UInt8] = []
      batch.takeRest { found += $0.bytes.array }
      #expect(found == (0..<100).map { UInt8($0) })
    }
    withExtendedLifetime(bytes) {}
  }

  @Test("a queued slice keeps its bytes alive")
  func keepsAlive() {
    weak var released: SharedBytes?
    var slices: [ByteSlice] = []
    do {
      let bytes = SharedBytes("abc")
      released = bytes
      let batch = WriteBatch()
      batch.append(bytes)
      batch.takeRest { slices.append($0) }
      withExtendedLifetime(bytes) {}
    }
    #expect(released != nil)
    slices = []
    #expect(released == nil)
  }
}

@Suite("Queues of slices")
struct SliceQueueTests {
  @Test("a long list counts as past media while it waits, a short one does not", .ownProcess)
  func longList() async {
    // The count is that of a process.
    await #expect(processExitsWith: .success) {
      let slice = ByteSlice(SharedBytes([1, 2, 3]))
      var queue = SliceQueue()
      let batch = WriteBatch()
      for _ in 0..<200 { batch.append(slice) }
      queue.append(restOf: batch)
      precondition(PastMedia.byteCount == 0 && queue.pastDeadline == nil)
      queue.removeAll()
      for _ in 0..<3000 { batch.append(slice) }
      queue.append(restOf: batch)
      precondition(queue.slices.count == 3000 && queue.pastDeadline != nil)
      // Not the double, to which an array grows.
      let least = 3000 * MemoryLayout<ByteSlice>.stride
      precondition((least..<least + least / 8).contains(PastMedia.byteCount))
      queue.removeFirst(queue.byteCount)
      precondition(PastMedia.byteCount == 0 && queue.pastDeadline == nil)
      // Shared arrays count too, and lists that grow.
      queue.append(contentsOf: Array(repeating: slice, count: 300))
      for _ in 0..<1000 { queue.append(slice) }
      precondition(PastMedia.byteCount >= 1300 * MemoryLayout<ByteSlice>.stride)
      queue.removeAll()
      precondition(PastMedia.byteCount == 0)
    }
  }
}
