// SPDX-License-Identifier: Apache-2.0

import Configuration
import Foundation
import Testing

@Suite("--check")
struct CheckReportTests {
  @Test("it lists file, ports, streams and warnings")
  func lines() throws {
    let folder = try Folder([
      "config.json": """
      // Two streams
      {"httpPort": 0, "colour": 1, "streams": [
        {"stream": "a", "testSrc": true, "segmentDuration": 2,
         "rendition": ["640x360@900", "320x180@300"]},
        {"stream": "b", "input": "rtsp://user:secret@h/x"},
      ]}
      """
    ])
    let (found, error) = folder.outcome("config.json", ["--lenient"])
    let text = try CheckReport.text(try #require(found, "\(error)"))
      .replacingOccurrences(of: folder.path + "/", with: "")
    #expect(
      text == """
        configuration: config.json
        http: 0.0.0.0 port 0
        stream a: test pattern, no audio, 640x360 at 900 kbit/s, 320x180 at 300 kbit/s, 30 fps; \
        segments of 60 frames, parts of 8
        stream b: rtsp://***@h/x, passed through if possible
        warning: config.json:2: colour: unknown key, ignored

        """)
  }

  @Test("an access log that cannot be written is an error")
  func accessLog() throws {
    let configuration = try #require(outcome("--access-log /nowhere/x").configuration)
    #expect(throws: UsageError.self) { try CheckReport.text(configuration) }
  }

  @Test(
    "the folder of statistics may be missing, but its parent must take it",
    arguments: [
      ("", true), ("/", true), ("/new", true), ("/new//", true), ("/file", false),
      ("/file/", false), ("/file/new", false), ("/none/new", false),
    ])
  func statistics(path: String, isPermitted: Bool) throws {
    let folder = try Folder(["file": "text"])
    let configuration = try #require(outcome("--stats-dir \(folder.path)\(path)").configuration)
    let isAccepted = (try? CheckReport.text(configuration)) != nil
    #expect(isAccepted == isPermitted)
  }
}
