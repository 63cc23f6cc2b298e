// SPDX-License-Identifier: Apache-2.0

import Configuration
import Testing

@Suite("Unknown keys, and streams without a source")
struct UnknownKeyTests {
  @Test(
    "an unknown key is an error with its path and the nearest key",
    arguments: [
      (#"{"streams": [{"stream": "a", "inptu": "rtsp://h/x"}]}"#, "streams[0].inptu", "input"),
      (#"{"http-port": 80}"#, "http-port", "httpPort"),
      (#"{"HTTPPORT": 80}"#, "HTTPPORT", "httpPort"),
      (#"{"sreams": []}"#, "sreams", "streams"),
      (#"{"archive": {"foldr": "/x"}}"#, "archive.foldr", "folder"),
      (
        #"{"push": [{"to": "rtmp://h/a/k", "rendition": "all"}]}"#, "push[0].rendition",
        "renditions"
      ),
      (#"{"input": "udp://h:1", "audio": [{"langauge": "de"}]}"#, "audio[0]", nil),
      (#"{"encryption": {"scheme": "cbcs", "kyes": "k"}}"#, "encryption.kyes", "keys"),
      (#"{"colour": 1}"#, "colour", nil),
    ])
  func unknown(text: String, path: String, nearest: String?) throws {
    let error = try Folder(["config.json": text]).outcome().error
    #expect(error.hasPrefix("config.json: \(path): "), "\(error)")
    if let nearest {
      #expect(
        error == "config.json: \(path): unknown key; did you mean \"\(nearest)\"? "
          + "(expected a flag in camelCase; --lenient ignores unknown keys)")
    }
  }

  @Test("--lenient, or its variable, makes it a warning of the same words")
  func lenient() throws {
    let folder = try Folder(["config.json": #"{"testSrc": true, "bitrtae": 5}"#])
    for (flags, environment) in [
      (["--lenient"], [:]), ([], ["STREAMER_LENIENT": "true"]),
    ] as [([String], [String: String])] {
      let (found, error) = folder.outcome("config.json", flags, environment: environment)
      let warnings = try #require(found, "\(error)").merged.warnings
        .map { $0.replacing(folder.path + "/", with: "") }
      #expect(
        warnings == ["config.json: bitrtae: unknown key, ignored; did you mean \"bitrate\"?"])
    }
  }

  @Test("a request has no lenient form")
  func request() throws {
    let error = #expect(throws: UsageError.self) {
      try StreamElement(parsing: Array(#"{"stream": "a", "inptu": "rtsp://h/x"}"#.utf8))
    }
    #expect(
      error?.description
        == "request: inptu: unknown key; did you mean \"input\"? (expected a flag in camelCase)")
  }

  @Test("an element of a list without a source is an error; one at the top is for all")
  func source() throws {
    let none = try Folder(["config.json": #"{"streams": [{"stream": "a"}]}"#])
    #expect(
      none.outcome().error
        == "config.json: streams[0]: has no source (expected input, device, relay, source or "
        + "testSrc)")
    #expect(none.outcome("config.json", ["--lenient"]).definition == nil)
    let inherited = try Folder(["c.json": #"{"testSrc": true, "streams": [{"stream": "a"}]}"#])
    #expect(inherited.outcome("c.json").error == "")
    let alone = try Folder(["c.json": #"{"bitrate": 500}"#])
    #expect(alone.outcome("c.json").error == "", "one stream may be the test pattern")
  }

  @Test("a key of publishers is a source if there is a server for them")
  func publishers() throws {
    let folder = try Folder([
      "c.json": #"{"streams": [{"stream": "a", "publishKey": "sixteen--letters"}]}"#
    ])
    #expect(
      folder.outcome("c.json").error
        == "c.json: streams[0]: has no source (expected --rtmp, --rtmps or --srt, since it "
        + "describes publishers)")
    #expect(folder.outcome("c.json", ["--rtmp", "0"]).error == "")
  }

  @Test(
    "the nearest name has at most one edit per three letters",
    arguments: [
      ("inptu", "input"), ("inputs", "input"), ("intput", "input"), ("device", "device"),
      ("devise", "device"), ("x", nil), ("inherit", nil), ("ab", nil), ("", nil),
      (String(repeating: "input", count: 100), nil),
    ])
  func nearest(given: String, expected: String?) {
    #expect(NearestName.nearest(to: given, in: ["device", "input", "playlistLength"]) == expected)
  }

  @Test("an unknown flag has a hint too")
  func flags() {
    #expect(
      outcome("--resoluton 640x360").error
        == "--resoluton: unknown option; did you mean \"--resolution\"? (expected an option of "
        + "--help)")
  }
}
