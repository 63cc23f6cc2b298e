// SPDX-License-Identifier: Apache-2.0

import Packaging
import TestSupport
import Testing
import Time

@testable import Packaging

@Suite("Publish gate: renditions list parts together, RFC 8216bis Appendix B.1")
struct PublishGateTests {
  @Test("nothing is listed until every rendition has published")
  func closed() {
    var gate = PublishGateState(count: 2, gracePeriod: 100)
    #expect(gate.published(10, by: 0, now: 0) == nil)
    #expect(gate.published(11, by: 0, now: 1000) == nil)
    #expect(gate.published(10, by: 1, now: 1001) == 10)
  }

  @Test("a part is listed when the last rendition has it")
  func inStep() {
    var gate = PublishGateState(count: 3, gracePeriod: 100)
    for rendition in 0..<3 { _ = gate.published(10, by: rendition, now: 0) }
    #expect(gate.published(11, by: 1, now: 1) == nil)
    #expect(gate.published(11, by: 0, now: 2) == nil)
    #expect(gate.published(11, by: 2, now: 3) == 11)
  }

  @Test("after the grace period a part is listed without the late rendition")
  func late() {
    var gate = PublishGateState(count: 2, gracePeriod: 100)
    for rendition in 0..<2 { _ = gate.published(10, by: rendition, now: 0) }
    #expect(gate.published(11, by: 0, now: 10) == nil)
    #expect(gate.published(11, by: 0, now: 109) == nil)
    #expect(gate.published(11, by: 0, now: 110) == 11)
    // The late rendition publishes it: no change, and the next part has a grace period of its own.
    #expect(gate.published(11, by: 1, now: 120) == nil)
    #expect(gate.published(12, by: 0, now: 130) == nil)
    #expect(gate.published(12, by: 1, now: 131) == 12)
  }

  @Test("a rendition that stays late delays the others by at most one grace period")
  func lasting() {
    var gate = PublishGateState(count: 2, gracePeriod: 200)
    for rendition in 0..<2 { _ = gate.published(10, by: rendition, now: 0) }
    for part in 1...50 as ClosedRange<Int64> {
      let listed = gate.published(10 + part, by: 0, now: MonotonicTime(nanoseconds: 100 * part))
      #expect(listed == (part > 2 ? 8 + part : nil))
    }
  }

  @Test("the listed version never decreases, in all orders of publication", arguments: 0..<20)
  func monotonic(_ seed: Int) {
    var gate = PublishGateState(count: 3, gracePeriod: 5)
    var versions: [Int64] = [0, 0, 0]
    var random = UInt64(seed) &* 6_364_136_223_846_793_005 &+ 1
    var last = Int64.min
    for now in 0..<500 as Range<Int64> {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let rendition = Int(random >> 33) % 3
      versions[rendition] += Int64(random >> 60) % 2
      if let listed = gate.published(
        versions[rendition], by: rendition, now: MonotonicTime(nanoseconds: now))
      {
        #expect(listed > last)
        #expect(listed <= versions.max() ?? 0)
        last = listed
      }
    }
    #expect(last > 0)
  }

  @Test("a left-out rendition is not awaited until it publishes again")
  func absent() {
    var gate = PublishGateState(count: 3, gracePeriod: 100)
    for rendition in 0..<3 { _ = gate.published(10, by: rendition, now: 0) }
    #expect(gate.published(11, by: 0, now: 1) == nil)
    #expect(gate.published(11, by: 1, now: 2) == nil)
    #expect(gate.left(2, now: 3) == 11)
    #expect(gate.published(12, by: 0, now: 4) == nil)
    #expect(gate.published(12, by: 1, now: 5) == 12)
    #expect(gate.left(2, now: 6) == nil)
    #expect(gate.published(13, by: 2, now: 7) == nil)
    #expect(gate.published(13, by: 0, now: 8) == nil)
    #expect(gate.published(13, by: 1, now: 9) == 13)
  }
}
