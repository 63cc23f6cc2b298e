// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import Time

@testable import Capture
@testable import Streams

@Suite("Audio packets between the threads of an input and of the audio")
struct AudioQueueTests {
  private func entry(_ pts: Int64, bytes: Int) -> AudioQueue.Entry {
    .init(
      bytes: [UInt8](repeating: 0, count: bytes),
      format: .init(codec: "pcm_s16le", sampleRate: 48_000, channels: 2, configuration: []),
      pts: SourceTime(nanoseconds: pts), captured: .origin)
  }

  @Test("the oldest packets are dropped beyond a number of packets, and beyond a number of bytes")
  func bounded() {
    let queue = AudioQueue()
    for pts in 0..<Int64(AudioQueue.capacity + 5) { queue.push(entry(pts, bytes: 1)) }
    #expect(queue.first?.pts == 5)
    let half = AudioQueue.byteCapacity / 2
    queue.push(entry(10_000, bytes: half))
    queue.push(entry(10_001, bytes: half))
    #expect(queue.pop(where: { _ in true })?.pts == 10_000)
    queue.push(entry(10_002, bytes: half))
    #expect(queue.pop(where: { _ in true })?.pts == 10_001)
    #expect(queue.pop(where: { _ in true })?.pts == 10_002)
    #expect(queue.first == nil)
    // A packet beyond the limit is not kept.
    queue.push(entry(10_003, bytes: AudioQueue.byteCapacity + 1))
    #expect(queue.first == nil)
  }
}
