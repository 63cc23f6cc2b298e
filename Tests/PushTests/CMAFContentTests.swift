// SPDX-License-Identifier: Apache-2.0

import HTTP
import Testing

@testable import Push

@Suite("The long POST of a track: DASH-IF Live Media Ingest 1.2")
struct CMAFContentTests {
  @Test("has the version of the protocol, a type, credentials, and HTTP chunks")
  func head() throws {
    let address = try #require(PushAddress("cmaf+http://user:pass@host:81/live?a=b"))
    let url = try #require(address.url(of: "video", isAudio: false))
    let text = String(
      decoding: CMAFContent.head(url, isAudio: false, agent: "test"), as: UTF8.self)
    let lines = text.split(separator: "\r\n").map(String.init)
    #expect(lines.first == "POST /live/video.cmfv?a=b HTTP/1.1")
    #expect(lines.contains("Host: host:81"))
    #expect(lines.contains("Content-Type: video/mp4"))
    #expect(lines.contains("DASH-IF-Ingest: 1.2"))
    #expect(lines.contains("Transfer-Encoding: chunked"))
    #expect(lines.contains("Authorization: Basic dXNlcjpwYXNz"))
    #expect(!lines.contains { $0.hasPrefix("Content-Length") })
    #expect(text.hasSuffix("\r\n\r\n"))
  }

  @Test("no bytes are no HTTP chunk, which would end the request: RFC 9112 §7.1")
  func pieces() {
    #expect(CMAFContent.piece([]) == [])
    let bytes = [UInt8](repeating: 7, count: 31)
    #expect(CMAFContent.piece(bytes) == Array("1f\r\n".utf8) + bytes + [13, 10])
  }

  @Test("ends with the brand lmsg and an empty mfra of its stated sizes")
  func end() throws {
    let bytes = CMAFContent.endOfTrack
    #expect(bytes.count == 48)
    #expect(Array(bytes[4..<8]) == Array("styp".utf8))
    #expect(Array(bytes[20..<24]) == Array("lmsg".utf8))
    #expect(Array(bytes[28..<32]) == Array("mfra".utf8))
    #expect(Array(bytes[36..<40]) == Array("mfro".utf8))
    #expect(bytes[47] == 24)
  }
}
