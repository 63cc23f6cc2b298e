// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import HTTP
import Media
import Packaging
import Server
import ServerTestSupport
import TestSupport
import Testing

@Suite("Requests for segments with variable duration")
struct VariableDurationHoldTests {
  /// A router with a complete segment of 64 frames and ten parts of the next one.
  private static func handler() throws -> SyntheticHandler {
    let handler = try SyntheticHandler(maximumGroupTime: 4_000_000)
    handler.goLive(prefill: 0)
    handler.publish(group: 64)
    handler.publish(group: 31)
    return handler
  }

  @Test(
    "a playlist request for a part that never exists waits for the next segment (§6.2.5.2)"
  )
  func partThatIsNotMade() throws {
    let handler = try Self.handler()
    let number = handler.last + 1
    let playlist = try handler.playlist("_HLS_msn=\(number)&_HLS_part=10")
    let complete = try handler.playlist("_HLS_msn=\(number)")
    let part = try handler.media("segment\(number).10.m4s")
    let next = try handler.media("segment\(number + 1).m4s")
    for exchange in [playlist, complete, part, next] { #expect(exchange.isHeld) }
    handler.publish(group: 1)
    // The segment had ten full parts and one more frame.
    #expect(playlist.status == 200 && complete.status == 200 && part.status == 200)
    let again = try handler.playlist("_HLS_msn=\(number)&_HLS_part=11")
    let hinted = try handler.media("segment\(number + 1).0.m4s")
    #expect(again.isHeld && hinted.isHeld)
    handler.publish(more: 2)
    #expect(again.status == 200 && hinted.status == 200)

    let late = try handler.playlist("_HLS_msn=\(number + 1)&_HLS_part=9")
    handler.publish(more: 27)
    #expect(late.status == 200)
    let wanted = try handler.playlist("_HLS_msn=\(number + 1)&_HLS_part=10")
    let hint = try handler.media("segment\(number + 1).10.m4s")
    // The key frame is published instead.
    handler.publish(group: 1)
    #expect(hint.status == 404)
    #expect(wanted.isHeld, "part 0 of the following segment is not there yet")
    handler.publish(more: 2)
    #expect(wanted.status == 200)
    #expect(wanted.text.contains("segment\(number + 2).0.m4s"))
  }

  @Test("requests for segments up to two seconds ahead are held")
  func early() throws {
    let handler = try Self.handler()
    let open = handler.last + 1
    for (ahead, status) in [(Int64(1), 0), (3, 0), (4, 425)] {
      let exchange = try handler.media("segment\(open + ahead).m4s")
      if status > 0 { handler.endPause() }
      #expect(status == 0 ? exchange.isHeld : exchange.status == status)
    }
  }

  @Test("the distance to a segment is in frames of its own track, video or AAC")
  func framesUntil() throws {
    let video = Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000,
      maximumGroupMicroseconds: 4_000_000)
    let audio = try #require(AudioSegmentation(following: video, sampleRate: 48_000))
    // One second is 30 video frames, or 46.875 AAC frames of 1024 samples.
    for (segmentation, second) in [
      (TrackSegmentation.video(video), Int64(30)), (.audio(audio), 47),
    ] {
      for ahead: Int64 in 1...3 {
        let frames = WindowSnapshot.framesUntil(100 + ahead, newest: 100, edge: 7, segmentation)
        #expect(frames == (ahead - 1) * second)
      }
    }
  }

  @Test("there is no chunked playlist: durations are not known beforehand")
  func chunked() throws {
    let handler = try Self.handler()
    for path in ["/live/chunked.m3u8", "/live/video/chunked.m3u8"] {
      let exchange = try handler.ask(path)
      #expect(exchange.status == 404)
    }
  }
}
