// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import Media
import Metadata
import Packaging
import TestSupport
import Testing
import Time

@Suite("Splices and interstitials in Media Playlists, RFC 8216bis §4.4.5.1, Appendix D")
struct MetadataRangeTests {
  private var stream = SyntheticStream(.thirty, playlistLength: 8, retained: 14)

  init() {
    stream.window.goLive()
    stream.publish(frames: 30 * 9)
  }

  private func cues() throws -> [String] {
    let playlist = try #require(
      MediaPlaylist(
        stream.window.listing,
        control: ServerControl(segmentations: [.video(stream.segmentation)], hasCueTags: true),
        names: MediaNames(.epoch, first: 1), base: ""))
    return playlist.text(.full).split(separator: "\n").map(String.init).filter { line in
      line.hasPrefix("#EXT-X-CUE") || line.hasPrefix("#EXTINF")
    }
  }

  @Test("tags of a break are at the segments nearest to its splices")
  mutating func cueTags() throws {
    // 0.4 s after the start of a segment.
    _ = try add("{\"scte35\": \"0x\(out)\"}", at: now + .milliseconds(400))
    _ = try add("{\"scte35\": \"0x\(back)\"}", at: now + .milliseconds(2_700))
    stream.publish(frames: 30 * 5)
    let info = "#EXTINF:1.000000,"
    #expect(
      try cues().suffix(8)
        == [
          "#EXT-X-CUE-OUT:12", info, "#EXT-X-CUE-OUT-CONT:ElapsedTime=0.6,Duration=12", info,
          "#EXT-X-CUE-OUT-CONT:ElapsedTime=1.6,Duration=12", info, "#EXT-X-CUE-IN", info, info,
        ].suffix(8))
    #expect(try cues().filter { $0.hasPrefix("#EXT-X-CUE-OUT:") }.count == 1)
  }

  private func ranges(_ form: MediaPlaylist.Form = .full) throws -> [String] {
    let playlist = try #require(
      MediaPlaylist(
        stream.window.listing, control: ServerControl(segmentations: [.video(stream.segmentation)]),
        names: MediaNames(.epoch, first: 1), base: ""))
    return playlist.text(form).split(separator: "\n").map(String.init)
      .filter { $0.contains("DATERANGE") }
  }

  private func add(_ text: String, at time: WallTime) throws -> TimedEvent {
    let content = try EventContent.read(Array(text.utf8))
    return try stream.window.addEvent(
      at: time, content.json ?? Array(text.utf8), content, now: time)
  }

  private var now: WallTime {
    WallTime(stream.segmentation.grid.frameTime(of: stream.next), plus: .zero)
  }

  /// The splice_inserts of event 1 without a time: out for 12 s, and in.
  private let out =
    "FC3020000000000000FFFFF00F05000000017FFFFE00107AC0000100000000EEEF4F7D"
  private let back = "FC301B000000000000FFFFF00A05000000017F5F000100000000E3CBD386"

  /// The splice_insert that cancels event 1.
  private let cancellation = "FC3016000000000000FFFFF0050500000001FF000013661BFA"

  /// A splice_schedule with one event: number 1, out for 12 s.
  private let planned =
    "FC3025000000000000FFFFF0140401000000017FFF58335252FE00107AC000010000000014DFE2C7"
    + ""

  @Test("an event of splice_schedule is a command with its planned length, not a break")
  mutating func schedule() throws {
    let start = now + .seconds(2)
    let event = try add("{\"scte35\": \"0x\(planned)\"}", at: start)
    let head = "#EXT-X-DATERANGE:ID=\"splice-1-\(event.id)\",START-DATE=\"\(UTCTime(start).text)\""
    #expect(
      try ranges() == [head + ",PLANNED-DURATION=12,SCTE35-CMD=0x\(planned)"])
    // The splice_insert of the event begins the break, and has a range of its own.
    let begun = try add("{\"scte35\": \"0x\(out)\"}", at: start)
    #expect(try ranges().count == 2)
    #expect(try ranges().last?.contains("ID=\"splice-1-\(begun.id)\"") == true)
    stream.publish(frames: 30 * 5)
    #expect(try cues().filter { $0.hasPrefix("#EXT-X-CUE-OUT:") }.count == 1)
  }

  @Test("both messages of a break are in ranges with one ID, while the break is in the playlist")
  mutating func pair() throws {
    let start = now
    let begun = try add("{\"scte35\": \"0x\(out)\"}", at: start)
    let id = "splice-1-\(begun.id)"
    let date = UTCTime(start).text
    #expect(
      try ranges() == [
        "#EXT-X-DATERANGE:ID=\"\(id)\",START-DATE=\"\(date)\",PLANNED-DURATION=12"
          + ",SCTE35-OUT=0x\(out)"
      ])
    _ = try add("{\"scte35\": \"0x\(back)\"}", at: start + .milliseconds(10_500))
    #expect(try ranges().count == 2)
    #expect(
      try ranges().last
        == "#EXT-X-DATERANGE:ID=\"\(id)\",START-DATE=\"\(date)\",DURATION=10.5"
        + ",SCTE35-IN=0x\(back)")
    // The start has left the playlist, the break has not.
    stream.publish(frames: 30 * 18)
    #expect(try ranges().count == 2)
    stream.publish(frames: 30 * 3)
    #expect(
      try ranges(.deltaWithDateRanges).contains { $0.contains("REMOVED-DATERANGES=\"\(id)\"") })
    #expect(try ranges().isEmpty)
  }

  @Test("the length of a break that ends by itself is in another tag, once it has ended")
  mutating func autoReturn() throws {
    let start = now
    let begun = try add("{\"scte35\": \"0x\(out)\"}", at: start)
    let head =
      "#EXT-X-DATERANGE:ID=\"splice-1-\(begun.id)\",START-DATE=\"\(UTCTime(start).text)\""
    let first = head + ",PLANNED-DURATION=12,SCTE35-OUT=0x\(out)"
    stream.publish(frames: 30 * 12)
    #expect(try ranges() == [first], "a message may end it early")
    stream.publish(frames: 12)
    #expect(try ranges() == [first, head + ",DURATION=12"])
    stream.publish(frames: 30 * 9)
    #expect(try ranges().isEmpty)
  }

  @Test("a cancelled splice leaves the playlist, also for clients of delta updates")
  mutating func cancelled() throws {
    let event = try add("{\"scte35\": \"0x\(out)\"}", at: now + .seconds(2))
    #expect(try ranges().count == 1)
    _ = try add("{\"scte35\": \"0x\(cancellation)\"}", at: now)
    #expect(try ranges().isEmpty && cues().allSatisfy { $0.hasPrefix("#EXTINF") })
    #expect(
      try ranges(.deltaWithDateRanges).contains {
        $0.contains("REMOVED-DATERANGES=\"splice-1-\(event.id)\"")
      })
  }

  @Test("an interstitial has its class and its attributes")
  mutating func interstitial() throws {
    let start = now
    let event = try add(
      #"{"x-asset-uri": "https://a.example/b.m3u8", "duration": 4, "x-restrict": "SKIP"}"#,
      at: start)
    let tag =
      "#EXT-X-DATERANGE:ID=\"event-\(event.id)\",CLASS=\"com.apple.hls.interstitial\""
      + ",START-DATE=\"\(UTCTime(start).text)\",DURATION=4"
      + ",X-ASSET-URI=\"https://a.example/b.m3u8\",X-RESTRICT=\"SKIP\""
    #expect(try ranges() == [tag])
    stream.publish(frames: 30 * 11)
    #expect(try ranges() == [tag], "its span is in the playlist")
    stream.publish(frames: 30 * 3)
    #expect(try ranges().isEmpty)
  }
}
