// SPDX-License-Identifier: Apache-2.0

import Capture
import TestSupport
import Testing
import Time

@Suite("The test tone: 1 kHz for 100 ms from each whole UTC second")
struct TestToneTests {
  @Test("a beep is 4,800 samples at 48 kHz from the second, 100 full periods; silence otherwise")
  func oneSecond() {
    let tone = TestTone()
    let second: Int64 = 1_795_155_720 * 48_000
    let plane = tone.audio(from: second - 1000, count: 49_000).planes[0]
    #expect(plane[..<1000].allSatisfy { $0 == 0 })
    #expect(plane[1000] == 0 && plane[1001] > 0)
    let beep = plane[1000..<5800]
    // Periods of 48 samples: each begins with 0 and rises.
    for period in 0..<100 {
      let start = 1000 + 48 * period
      #expect(abs(plane[start]) < 1e-4 && plane[start + 12] > 0.49 && plane[start + 36] < -0.49)
    }
    #expect(beep.allSatisfy { abs($0) <= 0.5 })
    #expect(plane[5800...].allSatisfy { $0 == 0 })
  }

  @Test("the samples do not depend on the size of the blocks", arguments: [1, 441, 1024, 50_000])
  func blocks(step: Int) {
    let tone = TestTone(sampleRate: 44_100, channels: 1)
    let first: Int64 = 1_795_155_719 * 44_100 + 17
    var pieces: [Float] = []
    for offset in stride(from: 0, to: 100_000, by: step) {
      let count = min(step, 100_000 - offset)
      pieces += tone.audio(from: first + Int64(offset), count: count).planes[0]
    }
    #expect(pieces == tone.audio(from: first, count: 100_000).planes[0])
  }

  @Test("after an announced step, the beeps are at the seconds of the wall clock")
  func announced() {
    let tone = TestTone(channels: 1)
    let second: Int64 = 1_795_155_720 * 48_000
    // The wall clock is 1.25 s ahead: media time 0.75 s after a second is a whole second.
    let plane = tone.audio(from: second, count: 48_000, announced: 1_250_000_000).planes[0]
    #expect(plane.firstIndex { $0 != 0 } == 36_001)
    let behind = tone.audio(from: second, count: 48_000, announced: -250_000_000).planes[0]
    #expect(behind.firstIndex { $0 != 0 } == 12_001)
  }

  @Test("all channels are equal, also before 1970")
  func channels() {
    let audio = TestTone(channels: 2).audio(from: -48_000, count: 100)
    #expect(audio.channels == 2 && audio.planes[0] == audio.planes[1])
    #expect(audio.planes[0][12] > 0.49)
  }
}
