// SPDX-License-Identifier: Apache-2.0

import Streams
import Testing

@Suite("What sessions have found out about a source")
struct SourceVerdictTests {
  @Test("it concerns one publisher, and nothing of it the next one")
  func nextPublisher() {
    let first = SourceVerdict().concerning(1).irregular().encoded("21 of 25 frames arrive")
    #expect(first.concerning(1) == first)
    #expect(first.hasIrregularKeyFrames && first.encodingReason == "21 of 25 frames arrive")
    let next = first.concerning(2)
    #expect(!next.hasIrregularKeyFrames && next.encodingReason == nil)
    #expect(next.concerning(2) == next && next.encoded("slow").concerning(3).encodingReason == nil)
  }

  @Test("of a source without publishers it stays until it is examined again")
  func otherSources() {
    let verdict = SourceVerdict().irregular()
    #expect(verdict.concerning(0).hasIrregularKeyFrames)
    #expect(!verdict.unfit().hasIrregularKeyFrames)
    #expect(verdict.encoded("slow").encoded(nil) == verdict)
  }
}
