import HLSPackager
import HTTP
import Media
import Packaging
import TestSupport
import Testing

@testable import Server

@Suite("Requests where segments end with the source's key pictures")
struct FreeSegmentHoldTests {
  /// A desk with a complete segment of 64 frames, and ten parts of the one that follows.
  private static func desk() throws -> SyntheticDesk {
    let desk = try SyntheticDesk(longestGroup: 4_000_000)
    desk.goLive(history: 0)
    desk.publish(group: 64)
    desk.publish(group: 31)
    return desk
  }

  @Test(
    "a part that is not made: its playlist request waits for the next segment's first part (§6.2.5.2)"
  )
  func partThatIsNotMade() throws {
    let desk = try Self.desk()
    let number = desk.last + 1
    let playlist = try desk.playlist("_HLS_msn=\(number)&_HLS_part=10")
    let complete = try desk.playlist("_HLS_msn=\(number)")
    let part = try desk.media("segment\(number).10.m4s")
    let next = try desk.media("segment\(number + 1).m4s")
    for exchange in [playlist, complete, part, next] { #expect(exchange.isHeld) }
    desk.publish(group: 1)
    // The segment had ten full parts and one picture more.
    #expect(playlist.status == 200 && complete.status == 200 && part.status == 200)
    let again = try desk.playlist("_HLS_msn=\(number)&_HLS_part=11")
    let hinted = try desk.media("segment\(number + 1).0.m4s")
    #expect(again.isHeld && hinted.isHeld)
    desk.publish(more: 2)
    #expect(again.status == 200 && hinted.status == 200)

    let late = try desk.playlist("_HLS_msn=\(number + 1)&_HLS_part=9")
    desk.publish(more: 27)
    #expect(late.status == 200)
    let wanted = try desk.playlist("_HLS_msn=\(number + 1)&_HLS_part=10")
    let hint = try desk.media("segment\(number + 1).10.m4s")
    // The key picture comes instead.
    desk.publish(group: 1)
    #expect(hint.status == 404)
    #expect(wanted.isHeld, "part 0 of the following segment is not there yet")
    desk.publish(more: 2)
    #expect(wanted.status == 200)
    #expect(wanted.text.contains("segment\(number + 2).0.m4s"))
  }

  @Test("the segment after the open one is waited for, two ahead as far as two seconds go")
  func early() throws {
    let desk = try Self.desk()
    let open = desk.last + 1
    for (ahead, status) in [(Int64(1), 0), (3, 0), (4, 425)] {
      let exchange = try desk.media("segment\(open + ahead).m4s")
      #expect(status == 0 ? exchange.isHeld : exchange.status == status)
    }
  }

  @Test("how far ahead a segment is counts in frames of its own track, pictures or AAC frames")
  func framesUntil() throws {
    let video = Cadence(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000,
      longestGroupMicroseconds: 4_000_000)
    let sound = try #require(AudioCadence(following: video, sampleRate: 48_000))
    // A second is 30 pictures, or 46.875 AAC frames of 1024 samples.
    for (cadence, second) in [(TrackCadence.video(video), Int64(30)), (.audio(sound), 47)] {
      for ahead: Int64 in 1...3 {
        let frames = StreamDesk.framesUntil(100 + ahead, newest: 100, edge: 7, cadence)
        #expect(frames == (ahead - 1) * second)
      }
    }
  }

  @Test("chunked HLS is not offered: no duration is known beforehand")
  func chunked() throws {
    let desk = try Self.desk()
    for path in ["/live/chunked.m3u8", "/live/video/chunked.m3u8"] {
      let exchange = try desk.ask(path)
      #expect(exchange.status == 404)
    }
  }
}
