// SPDX-License-Identifier: Apache-2.0

import Media
import TestSupport
import Testing

@testable import Streams

@Suite("A file, paced by its own stamps")
struct FilePacerTests {
  private static let frame: Int64 = 33_333_333

  /// The next multiple of a frame.
  private static func tick(_ time: Int64) -> Int64 { (time + frame - 1) / frame * frame }

  private static func due(_ pacer: inout FilePacer, _ pts: Int64, now: Int64) -> Int64 {
    pacer.due(pts: pts, now: now, frame: frame, tick: tick)
  }

  @Test("pictures begin on a tick and follow one another as their stamps do")
  func pace() {
    var pacer = FilePacer()
    let first = Self.due(&pacer, 7_000_000, now: 1_000_000_000)
    #expect(first % Self.frame == 0 && first - 1_000_000_000 < Self.frame)
    for index in Int64(1)..<100 {
      let due = Self.due(&pacer, 7_000_000 + index * Self.frame, now: first + index * Self.frame)
      #expect(due == first + index * Self.frame)
    }
    #expect(pacer.audioDue(pts: 7_500_000) == first + 500_000)
  }

  @Test("a file that begins anew follows by one frame")
  func loop() {
    var pacer = FilePacer()
    let first = Self.due(&pacer, 0, now: 1_000_000_000)
    _ = Self.due(&pacer, Self.frame, now: first)
    pacer.begin()
    let again = Self.due(&pacer, 0, now: first + Self.frame / 2)
    #expect(again == first + 2 * Self.frame)
  }

  @Test("jumps of the stamps are left out, and a second of lateness is not caught up with")
  func jumps() {
    var pacer = FilePacer()
    let first = Self.due(&pacer, 0, now: 1_000_000_000)
    let jumped = Self.due(&pacer, 90_000_000_000, now: first)
    #expect(jumped == first + Self.frame)
    let back = Self.due(&pacer, 0, now: jumped)
    #expect(back == jumped + Self.frame)
    let now = back + 3_000_000_000
    let late = Self.due(&pacer, Self.frame, now: now)
    #expect(late - now < Self.frame && now - late <= Self.frame / 4)
  }
}
