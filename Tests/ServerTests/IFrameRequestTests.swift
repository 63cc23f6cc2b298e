// SPDX-License-Identifier: Apache-2.0

import Foundation
import Net
import Server
import ServerTestSupport
import TestSupport
import Testing

@Suite("Requests for playlists of key frames")
struct IFrameRequestTests {
  private func open(_ ladder: SyntheticLadder) throws -> SyntheticHandler {
    let handler = try SyntheticHandler(others: [ladder.served])
    ladder.goLive()
    ladder.publish()
    handler.requests.woken()
    return handler
  }

  @Test("each video rendition has one, as other playlists; audio has none")
  func renditions() throws {
    let ladder = SyntheticLadder(audio: true)
    let handler = try open(ladder)
    for name in ["r0", "r1", "r2"] {
      let response = try handler.ask("/ladder/\(name)/iframes.m3u8")
      #expect(response.status == 200 && response.text.contains("\n#EXT-X-I-FRAMES-ONLY\n"))
      #expect(response.text.contains("\nsegment\(ladder.last).m4s\n"))
      #expect(response.header("content-type") == "application/vnd.apple.mpegurl")
      #expect(response.header("cache-control") == "public, max-age=1")
      #expect(response.header("vary") == "Accept-Encoding")
      let tag = try #require(response.header("etag"))
      let again = try handler.ask("/ladder/\(name)/iframes.m3u8", ["If-None-Match: \(tag)"])
      #expect(again.status == 304)
      let zipped = try handler.ask("/ladder/\(name)/iframes.m3u8", ["Accept-Encoding: gzip"])
      #expect(zipped.header("content-encoding") == "gzip" && zipped.header("etag") != tag)
      let head = try handler.ask("/ladder/\(name)/iframes.m3u8", method: "HEAD")
      #expect(head.status == 200 && head.body.isEmpty)
    }
    for path in ["ladder/audio", "ladder/auto", "ladder/none", "none/r0"] {
      #expect(try handler.ask("/\(path)/iframes.m3u8").status == 404)
    }
  }

  @Test("the Multivariant Playlist names them, unless it is chunked or the server switches")
  func multivariant() throws {
    let handler = try open(SyntheticLadder(audio: true))
    let text = try handler.ask("/ladder/playlist.m3u8").text
    let tag = "#EXT-X-I-FRAME-STREAM-INF:"
    #expect(text.components(separatedBy: tag).count == 4)
    #expect(text.contains(",URI=\"r1/iframes.m3u8\"\n"))
    #expect(try handler.ask("/live.m3u8").text.contains(tag) == false, "a single rendition")
    #expect(!(try handler.ask("/ladder/chunked.m3u8").text.contains(tag)))
    #expect(!(try handler.ask("/ladder/auto/playlist.m3u8").text.contains(tag)))
  }
}
