// SPDX-License-Identifier: Apache-2.0

import Server
import ServerTestSupport
import Testing
import Time

@Suite("Renditions of a ladder after a step of the wall clock")
struct SteppedLadderTests {
  @Test(
    "segment numbers that a step of the wall clock skips are no lag",
    arguments: [2, 5, 20, 3600] as [Int64])
  func step(seconds: Int64) {
    let ladder = SyntheticLadder()
    ladder.goLive()
    var now = MonotonicTime.origin
    func missing() -> [Int] {
      now += .milliseconds(33)
      return ladder.served.missingRenditions(now: now)
    }
    ladder.publish()
    #expect(missing() == [])
    ladder.step(seconds)
    // The top rendition crosses the step first, then the lowest one.
    for frame in 1...20 {
      ladder.publish(late: [1, 2], frames: 1)
      #expect(missing() == [], "frame \(frame)")
    }
    ladder.catchUp([2], step: seconds)
    #expect(missing() == [])
    // A rendition that does not cross it is missing when it is a second behind.
    ladder.publish(late: [1], frames: 9)
    #expect(missing() == [])
    ladder.publish(late: [1], frames: 1)
    #expect(missing() == [1])
  }
}
