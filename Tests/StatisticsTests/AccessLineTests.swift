// SPDX-License-Identifier: Apache-2.0

import HTTP
import Logging
import Net
import TestSupport
import Testing
import Time

@testable import Statistics

@Suite("Lines of the access log")
struct AccessLineTests {
  private let peer = PeerAddress(high: 0, low: 0xC000_0207, port: 5, isVersion6: false)

  private func line(
    _ target: String, kind: RequestKind = RequestKind.part, status: Int = 200, cut: Bool = false,
    begun: MonotonicTime? = .origin + .milliseconds(1012)
  ) throws -> AccessLine {
    AccessLine(
      ExchangeRecord(
        request: try Request("GET", target), peer: peer, kind: kind, status: status,
        bytesSent: 51_234, cut: cut, asked: .origin + .seconds(1), begun: begun,
        ended: .origin + .microseconds(1_014_500)),
      wall: 1_795_155_720_250_000_000)
  }

  @Test("a part: client, target, bytes, times, number and part")
  func part() throws {
    #expect(
      try line("/live/video/segment1795155720.3.m4s").text
        == "2026-11-20T06:22:00.250Z 192.0.2.0 GET /live/video/segment1795155720.3.m4s 200"
        + " bytes=51234 hold_ms=12.000 send_ms=2.500 kind=part msn=1795155720 part=3")
  }

  @Test("a playlist: the number and part of its directives; JSON")
  func playlist() throws {
    #expect(
      try line("/live/video/playlist.m3u8?_HLS_msn=7&_HLS_part=2", kind: RequestKind.playlist).json
        == #"{"ts":"2026-11-20T06:22:00.250Z","event":"access","peer":"192.0.2.0","method":"GET","#
        + #""path":"/live/video/playlist.m3u8?_HLS_msn=7&_HLS_part=2","code":200,"bytes":51234,"#
        + #""hold_ms":12.000,"send_ms":2.500,"kind":"playlist","msn":7,"part":2,"cut":false}"#)
  }

  @Test(
    "the trace of a request is written, other texts are not",
    arguments: [
      ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true),
      ("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-more", true),
      ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", false),
      ("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false),
      ("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", false),
      ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", false),
      ("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", false),
      ("00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01", false),
      ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7", false), ("", false),
    ])
  func trace(_ field: String, _ isValid: Bool) throws {
    let record = ExchangeRecord(
      request: try Request("GET", "/", [HeaderField("Traceparent", field)]), peer: peer,
      kind: RequestKind.other, status: 200, bytesSent: 1, cut: true, asked: .origin, begun: .origin,
      ended: .origin)
    let line = AccessLine(record, wall: 0)
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736", span = "00f067aa0ba902b7"
    #expect(line.text.hasSuffix(" trace=\(trace) span=\(span) cut") == isValid)
    #expect(line.text.contains("trace=") == isValid)
    #expect(line.json.contains(#","trace":"\#(trace)","span":"\#(span)","cut":true}"#) == isValid)
  }

  @Test("a client that went while it was held: all the time is the hold, no status")
  func gone() throws {
    let text = try line("/live/video/segment8.m4s", status: 0, cut: true, begun: nil).text
    #expect(text.contains(" 0 bytes=51234 hold_ms=14.500 send_ms=0.000 kind=part msn=8 cut"))
  }

  @Test("the first 1024 bytes of a target are written, however long the target is")
  func longTarget() throws {
    let long = "/" + String(repeating: "a", count: 4000)
    let text = try line(long).text
    #expect(text.contains(" /" + String(repeating: "a", count: 1023) + "… "))
    #expect(!text.contains(String(repeating: "a", count: 1024)))
  }

  @Test("tokens in path and query are not written, in all escapes")
  func secrets() throws {
    for target in ["/t/SECRET/live.m3u8", "/%74/SECRET/live.m3u8", "/live.m3u8?token=SECRET"] {
      let line = try line(target)
      #expect(!line.text.contains("SECRET") && line.text.contains("***"))
      #expect(!line.json.contains("SECRET") && line.json.contains("***"))
    }
  }
}
