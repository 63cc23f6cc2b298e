// SPDX-License-Identifier: Apache-2.0

import Capture
import Testing
import Time

private let start = MonotonicTime(nanoseconds: 1_000_000_000)

@Suite("Another video stream of a program, ISO/IEC 13818-1 §2.4.4.8")
struct ProgramWatchTests {
  /// Whether the chosen stream 0 of two is over when a stream is heard, this long after it.
  private func isOver(
    _ stream: Int32, codec: UInt32 = 27, isInProgram: Bool = false, after: Interval
  ) -> Bool {
    var watch = ProgramWatch(streams: 2)
    func heard(_ stream: Int32, _ codec: UInt32, _ now: MonotonicTime) -> Bool {
      watch.heard(stream, codec: codec, chosen: 0, isInProgram: isInProgram, at: now)
    }
    #expect(!heard(0, 27, start) && !heard(0, 27, start + .milliseconds(40)))
    return heard(stream, codec, start + .milliseconds(40) + after)
  }

  @Test("a stream that appears later replaces one that sends no more")
  func newStreams() {
    #expect(isOver(2, after: .seconds(1)) && !isOver(2, after: .milliseconds(999)))
    #expect(!isOver(1, after: .seconds(60)), "one that was known is that of another picture")
    #expect(!isOver(2, isInProgram: true, after: .seconds(2)))
    #expect(isOver(2, isInProgram: true, after: .seconds(3)))
  }

  @Test("another codec in the chosen stream ends it")
  func codecs() {
    #expect(isOver(0, codec: 173, after: .zero) && !isOver(0, after: .seconds(60)))
  }

  @Test("without a chosen packet nothing is over")
  func beginning() {
    var watch = ProgramWatch(streams: 1)
    let isOver = watch.heard(1, codec: 27, chosen: 0, isInProgram: false, at: start)
    #expect(!isOver)
  }
}
