// SPDX-License-Identifier: Apache-2.0

import Configuration
import Testing

@Suite("Lines of settings in their files")
struct SettingLinesTests {
  @Test("each key and element has its line, also after comments, escapes and in nested lists")
  func lines() {
    let lines = JSONLines(
      Array(
        """
        // a comment { "x": 1 }
        {
          "httpPort": 8080, /* two
          lines " */ "host": "a\\"b}",
          "streams": [
            {"stream": "a", "testSrc": true,
             "rendition": ["1x1@1",
                           "2x2@2"]},
            { "stream":
                "b", "archive": {
              "keep": null, }, },
          ],
        }
        """.utf8))
    let expected = [
      ("httpPort", 3), ("host", 4), ("streams", 5), ("streams[0]", 6), ("streams[0].testSrc", 6),
      ("streams[0].rendition", 7), ("streams[0].rendition[1]", 8), ("streams[1].stream", 9),
      ("streams[1].archive.keep", 11),
      // The nearest key or element that contains a missing one.
      ("streams[1].archive.heal[0]", 10), ("streams[1].input", 9),
    ]
    for (path, line) in expected { #expect(lines.line(of: path) == line, "\(path)") }
    #expect(lines.line(of: "") == nil && lines.line(of: "colour") == nil)
  }

  @Test("a list of the whole document; text that is no JSON ends the search")
  func others() {
    #expect(JSONLines(Array("[\n{\"a\":\n1}]".utf8)).line(of: "[0].a") == 2)
    for text in [
      "", "{", "{\"a", "{\"a\\", "[1", "/", "/*", "{\"a\":}", "[[[", "{\"a\":1 \"b\":2}",
    ] {
      _ = JSONLines(Array(text.utf8))
    }
    let deep = String(repeating: "[", count: 10_000)
    #expect(JSONLines(Array(deep.utf8)).line(of: "[0][0]") == 1)
  }

  @Test("all wrong values of a file are printed, each with its line")
  func errors() throws {
    let folder = try Folder([
      "config.json": """
      {"bitrate": 1,
       "httpPort": "x",
       "archive": {"kep": "7d"},
       "streams": [
        {"stream": "a", "testSrc": true, "framerate": 0},
        {"stream": "b", "inptu": "rtsp://h/x",
         "qualities": {"video": [{"targetWidth": 7}]}, "preset": "a.b"},
        {"stream": "a", "testSrc": true}]}
      """
    ])
    let error = #expect(throws: UsageError.self) { try folder.configuration() }
    var places = SettingLines()
    let lines = places.lines(of: try #require(error)).map {
      $0.replacing(folder.path + "/", with: "").prefix { $0 != "(" }
    }
    #expect(
      lines == [
        "config.json:5: streams[0].framerate: invalid value \"0\" ",
        "config.json:7: streams[1].qualities.video[0].targetWidth: invalid value \"7\" ",
        "config.json:7: streams[1].preset: invalid value \"a.b\" ",
        "config.json:6: streams[1].inptu: unknown key; did you mean \"input\"? ",
        "config.json:3: archive.kep: unknown key; did you mean \"keep\"? ",
        "config.json:1: bitrate: invalid value \"1\" ",
        "config.json:2: httpPort: invalid value \"x\" ",
      ])
  }

  @Test("the first error of each stream and of the program, and all wrong flags")
  func combinations() throws {
    let folder = try Folder([
      "config.json": """
      {"streams": [
        {"stream": "a", "testSrc": true, "partDuration": 2},
        {"stream": "b"},
        {"stream": "c", "testSrc": true, "loop": true}],
       "httpPort": "off"}
      """
    ])
    let merged = try folder.configuration()
    let error = #expect(throws: UsageError.self) {
      try ValidatedConfiguration(merged, isSupervised: false)
    }
    #expect(try #require(error).all.count == 3)
    let flags = #expect(throws: UsageError.self) {
      try CommandLineReader.entries(["--bitrate", "1", "--framerate", "x", "--colour"])
    }
    #expect(
      try #require(flags).all.map(\.description).map { $0.prefix { $0 != ":" } } == [
        "--bitrate", "--framerate", "--colour",
      ])
  }
}
