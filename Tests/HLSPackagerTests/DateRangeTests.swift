// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import Media
import Packaging
import TestSupport
import Testing
import Time

@Suite("Events in Media Playlists, RFC 8216bis §4.4.5.1")
struct DateRangeTests {
  private func text(
    _ stream: SyntheticStream, _ form: MediaPlaylist.Form = .full
  ) throws -> String {
    try #require(
      MediaPlaylist(
        stream.window.listing, control: ServerControl(segmentation: stream.segmentation),
        names: MediaNames(.epoch, first: 1), base: "")
    ).text(form)
  }

  @Test("an event is a date range while its segment is listed; quotes are percent-encoded")
  func listed() throws {
    var stream = SyntheticStream(.thirty, playlistLength: 8, retained: 14)
    stream.window.goLive()
    stream.publish(frames: 30 * 9)
    let time = WallTime(stream.segmentation.grid.frameTime(of: stream.next), plus: .zero)
    let data = #"{"goal": "100 %", "player": "Müller"}"# + "\n"
    let event = try stream.window.addEvent(at: time, Array(data.utf8), now: time)
    let line =
      "#EXT-X-DATERANGE:ID=\"event-\(event.id)\",CLASS=\"urn:streamer:event\""
      + ",START-DATE=\"\(UTCTime(time).text)\",X-EVENT-ID=\"\(event.id)\""
      + ",X-DATA=\"{%22goal%22: %22100 %25%22, %22player%22: %22Müller%22}%0A\""
    #expect(try text(stream).contains(line + "\n"))
    stream.publish(frames: 30 * 7)
    #expect(try text(stream).contains(line))
    stream.publish(frames: 30 * 2)
    #expect(try !text(stream).contains("DATERANGE:"))
    let update = try text(stream, .deltaWithDateRanges)
    #expect(update.contains("RECENTLY-REMOVED-DATERANGES=\"event-\(event.id)\""))
  }
}
