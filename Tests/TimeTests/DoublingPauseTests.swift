// SPDX-License-Identifier: Apache-2.0

import Testing
import Time

@Suite("A pause doubles within its range")
struct DoublingPauseTests {
  @Test("it doubles up to the upper bound, and begins again with the lower one")
  func doubling() {
    var pause = DoublingPause(.seconds(1) ... .seconds(5))
    #expect(pause.isShortest)
    #expect((0..<5).map { _ in pause.next() } == [1, 2, 4, 5, 5].map(Interval.seconds))
    #expect(!pause.isShortest)
    pause.reset()
    #expect(pause.length == .seconds(1))
    #expect(pause.isShortest)
  }

  @Test("the longest interval is an upper bound; no pause stays none")
  func bounds() {
    var pause = DoublingPause(.seconds(1) ... .max)
    for _ in 0..<80 { pause.double() }
    #expect(pause.length == .max)
    var none = DoublingPause(.zero ... .zero)
    #expect(none.next() == .zero)
    #expect(none.length == .zero)
  }
}
