// SPDX-License-Identifier: Apache-2.0

import Switching
import Testing
import Time

@Suite("The choice of a rendition by dropped frames")
struct AutomaticRenditionTests {
  private let start = MonotonicTime.origin + .seconds(1000)

  @Test("two drops within ten seconds lower the rendition, ten quiet seconds raise it")
  func adaptation() {
    var choice = AutomaticRendition(now: start)
    choice.late(now: start, of: 3)
    choice.late(now: start + .seconds(11), of: 3)
    #expect(choice.index == 0)
    choice.late(now: start + .seconds(12), of: 3)
    #expect(choice.index == 1)
    choice.late(now: start + .seconds(13), of: 3)
    choice.late(now: start + .seconds(14), of: 3)
    #expect(choice.index == 2)
    choice.late(now: start + .seconds(15), of: 3)
    choice.late(now: start + .seconds(16), of: 3)
    #expect(choice.index == 2)
    choice.step(start + .seconds(25))
    #expect(choice.index == 2)
    choice.step(start + .seconds(26))
    #expect(choice.index == 1)
  }

  @Test("a raise that fails soon is tried again after twice the time")
  func trials() {
    var choice = AutomaticRendition(now: start)
    var now = start
    for wait in [10, 20, 40, 80, 160, 160] as [Int64] {
      choice.late(now: now, of: 2)
      choice.late(now: now, of: 2)
      #expect(choice.index == 1)
      choice.step(now + .seconds(wait) - .milliseconds(1))
      #expect(choice.index == 1)
      now += .seconds(wait)
      choice.step(now)
      #expect(choice.index == 0)
      now += .seconds(1)
    }
  }

  @Test("a raise ends when the viewer is late once within five seconds, not after them")
  func strictTrial() {
    for (seconds, index) in [(4, 1), (6, 0)] as [(Int64, Int)] {
      var choice = AutomaticRendition(now: start, index: 1)
      choice.step(start + .seconds(10))
      #expect(choice.index == 0)
      choice.late(now: start + .seconds(10 + seconds), of: 2)
      #expect(choice.index == index)
    }
  }

  @Test("a choice outside of the present ladder becomes the nearest one, and can be raised again")
  func limits() {
    var choice = AutomaticRendition(now: start, index: 3)
    choice.limit(to: 0...1, now: start)
    #expect(choice.index == 1)
    choice.step(start + .seconds(10))
    #expect(choice.index == 0)
    choice.limit(to: 2...2, now: start + .seconds(11))
    #expect(choice.index == 2)
    choice.limit(to: 0...3, now: start + .seconds(11))
    #expect(choice.index == 2)
  }

  @Test("a ladder of one rendition is never left")
  func single() {
    var choice = AutomaticRendition(now: start)
    for second in 0..<10 { choice.late(now: start + .seconds(Int64(second)), of: 1) }
    #expect(choice.index == 0)
  }
}
