// SPDX-License-Identifier: Apache-2.0

import Media
import Scheduling
import TestSupport
import Testing
import Time

@Suite("A file, paced by its timestamps")
struct FilePacerTests {
  private static let frameDuration: Interval = 33_333_333

  /// The next multiple of a frame.
  private static func nextFrameTime(_ time: MonotonicTime) -> MonotonicTime {
    .origin + (time - .origin + frameDuration - 1).count(of: frameDuration) * frameDuration
  }

  private static func due(_ pacer: inout FilePacer, _ pts: SourceTime, now: MonotonicTime)
    -> MonotonicTime
  {
    pacer.due(pts: pts, now: now, frameDuration: frameDuration, nextFrameTime: nextFrameTime)
  }

  @Test("frames begin at a frame time and follow one another by their timestamps")
  func pace() {
    var pacer = FilePacer()
    let first = Self.due(&pacer, 7_000_000, now: 1_000_000_000)
    #expect(
      first == Self.nextFrameTime(first) && first - .seconds(1) < .origin + Self.frameDuration)
    for index in Int64(1)..<100 {
      let due = Self.due(
        &pacer, 7_000_000 + index * Self.frameDuration, now: first + index * Self.frameDuration)
      #expect(due == first + index * Self.frameDuration)
    }
    #expect(pacer.audioDue(pts: 7_500_000) == first + 500_000)
  }

  @Test("a file that starts over follows by one frame duration")
  func loop() {
    var pacer = FilePacer()
    let first = Self.due(&pacer, 0, now: 1_000_000_000)
    _ = Self.due(&pacer, .origin + Self.frameDuration, now: first)
    pacer.restart()
    let again = Self.due(&pacer, 0, now: first + Self.frameDuration / 2)
    #expect(again == first + 2 * Self.frameDuration)
  }

  @Test("jumps of the timestamps are removed, and a lateness of one second is not made up for")
  func jumps() {
    var pacer = FilePacer()
    let first = Self.due(&pacer, 0, now: 1_000_000_000)
    let jumped = Self.due(&pacer, 90_000_000_000, now: first)
    #expect(jumped == first + Self.frameDuration)
    let back = Self.due(&pacer, 0, now: jumped)
    #expect(back == jumped + Self.frameDuration)
    let now = back + 3_000_000_000
    let late = Self.due(&pacer, .origin + Self.frameDuration, now: now)
    #expect(late - now < Self.frameDuration && now - late <= Self.frameDuration / 4)
  }
}
