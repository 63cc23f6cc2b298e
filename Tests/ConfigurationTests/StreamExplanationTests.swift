// SPDX-License-Identifier: Apache-2.0

import Configuration
import Foundation
import Testing

@Suite("--check --explain")
struct StreamExplanationTests {
  /// The explanations of the streams of a file, without the lines around them.
  private func explained(_ text: String, _ flags: [String] = []) throws -> String {
    let folder = try Folder(["c.json": text])
    let (found, error) = folder.outcome("c.json", ["--check", "--explain"] + flags)
    let report = try CheckReport.text(try #require(found, "\(error)"))
    return report.split(separator: "\n").filter { $0.hasPrefix("stream") || $0.hasPrefix("  ") }
      .joined(separator: "\n").replacing(folder.path + "/", with: "")
  }

  @Test("an encoded stream, a passed-through one, and a relay, with storage and viewers")
  func rows() throws {
    let key = "k1:0123456789abcdef0123456789abcdef"
    #expect(
      try explained(
        """
        {"httpPort": 8080, "archive": {"folder": "/srv/archive", "keep": "7d"}, "dvr": "4h",
         "streams": [
          {"stream": "yard", "name": "Back yard", "device": "/dev/video0", "audio": "hw:1",
           "rendition": ["1280x720@2500", "640x360@700"], "playbackKey": "\(key)"},
          {"stream": "gate", "input": ["rtsp://user:hunter2@192.0.2.10/main", "udp://h:1"],
           "archive": {"renditions": "none"}, "onDemand": true},
          {"stream": "far", "relay": "http://192.0.2.9:8080/far/"}]}
        """) == """
          stream yard, "Back yard": http://HOST:8080/yard/
            source    the camera /dev/video0
            video     encoded by libx264 (superfast): 1280x720 at 2500 kbit/s, 640x360 at 700
                      kbit/s; 30 frames per second
            audio     of the sound card hw:1, encoded as AAC
            segments  1 s, in parts of 0.26 s; playlists list 10
            kept      all renditions in /srv/archive, 7d; viewers may go back 4h
            watch     clients with a token of the key k1, in a link of streamer token
          stream gate: http://HOST:8080/gate/
            source    rtsp://***@192.0.2.10/main, else udp://h:1; only while clients request the
                      stream
            video     passed through without a change of quality if it fits, else encoded by libx264
                      (superfast): its size at 2500 kbit/s; its rate
            audio     of the input: AAC as it comes, other codecs encoded as AAC
            segments  1 s, in parts of 0.1 s; playlists list 10
            kept      the last 20 segments in memory, nothing on disk
            watch     all clients that reach the server
          stream far: http://HOST:8080/far/
            source    relay of http://192.0.2.9:8080/far/
            video     unchanged, with the bytes of the other server
            audio     as the video
            segments  those of the other server
            kept      all renditions in /srv/archive, 7d; viewers may go back 4h
            watch     all clients that reach the server
          """)
  }

  @Test("a stream of publishers, and the reason of encoding")
  func publishers() throws {
    let text = try explained(
      """
      {"publicUrl": "https://example.org/tv/", "rtmp": 0, "streams": [
        {"stream": "a", "source": "rtmp", "overlay": "{utc}", "push": "rtmp://h/app/hunter2"},
        {"stream": "b", "publishKey": "sixteen--letters", "passthrough": "always"},
        {"stream": "c", "source": "uploads"}]}
      """)
    for line in [
      "stream a: https://example.org/tv/a/", "  source    a publisher",
      "  publish   programs on this machine, since there is no key",
      "  publish   clients with the key",
      "  video     passed through; a source that does not fit is an error",
      "  video     unchanged, the files of the publisher",
    ] { #expect(text.contains(line), "\(line) in \(text)") }
    // Lines are as long as the path of the file permits.
    let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(words.contains("encoded, since c.json: streams[0].overlay is given, by libx264"))
    #expect(text.contains("  pushed    to rtmp://h/app/***") && !text.contains("hunter2"))
  }
}
