// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import Media
import Packaging
import TestSupport
import Testing

/// Audio segments differ in their number of parts: the awaited version depends on all parts before.
@Suite("Blocking Playlist Reload of audio, RFC 8216bis §6.2.5.2")
struct AudioReloadTests {
  @Test(
    "a request for a part is held until it is published; past a segment's end it means the next"
  )
  func holds() throws {
    // 0.44 s are 20.625 AAC frames: four parts of five, and in most segments one of a single frame.
    let video = Segmentation(
      rate: try #require(FrameRate("25")), segmentMicroseconds: 440_000, partMicroseconds: 100_000)
    let segmentation = try #require(AudioSegmentation(following: video, sampleRate: 48_000))
    let first: Int64 = 4_079_899_364
    var audio = SyntheticAudio(segmentation, from: first)
    audio.goLive()
    audio.publish(segments: 4)
    audio.publish(parts: 2)
    let snapshot = audio.window.snapshot
    let control = ServerControl(segmentations: [.video(video), .audio(segmentation)])
    func decision(_ number: Int64, _ part: Int64?) throws -> BlockingReload {
      var directives = DeliveryDirectives()
      directives.mediaSequenceNumber = UInt64(number)
      directives.partIndex = part.map(UInt64.init)
      return BlockingReload.decide(
        directives, on: snapshot, control: control, names: MediaNames(.epoch, first: first))
    }
    let open = first + 4
    #expect(Set((open..<open + 40).map { segmentation.parts(in: $0) }) == [4, 5])
    #expect(try decision(open, 1) == .answer)
    for part in 2..<segmentation.parts(in: open) {
      #expect(try decision(open, part) == .hold(until: segmentation.partsBefore(open) + part + 1))
    }
    let next = segmentation.partsBefore(open + 1)
    for part in segmentation.parts(in: open)...segmentation.parts(in: open) + 2 {
      #expect(try decision(open, part) == .hold(until: next + 1))
    }
    #expect(try decision(open + 1, 0) == .hold(until: next + 1))
    #expect(try decision(open, nil) == .hold(until: next))
    #expect(try decision(open - 1, segmentation.parts(in: open - 1)) == .answer)
    audio.publish(segments: 1)
    let ended = audio.window.snapshot
    #expect(ended.version == next)
  }
}
