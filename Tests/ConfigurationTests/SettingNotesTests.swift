// SPDX-License-Identifier: Apache-2.0

import Configuration
import Testing

@Suite("Values that are overridden or have no effect")
struct SettingNotesTests {
  /// The warnings of `--check`, without the path of the folder.
  private func warnings(
    _ text: String, _ flags: [String] = [], environment: [String: String] = [:]
  ) throws -> [String] {
    let folder = try Folder(["c.json": text])
    let (found, error) = folder.outcome("c.json", flags, environment: environment)
    return try CheckReport.text(try #require(found, "\(error)")).split(separator: "\n")
      .filter { $0.hasPrefix("warning: ") }
      .map { String($0.dropFirst(9)).replacing(folder.path + "/", with: "") }
  }

  @Test("an overridden value names the one that counts")
  func overridden() throws {
    let text = """
      {"testSrc": true,
       "bitrate": 900, "preset": "fast",
       "streams": [
        {"stream": "a", "bitrate": 500, "segmentDuration": 2},
        {"stream": "b", "rendition": ["320x180@300"]}]}
      """
    #expect(
      try warnings(
        text, ["--preset", "medium", "--segment-duration", "1", "--target-duration", "2"],
        environment: ["STREAMER_PRESET": "slow"]) == [
          "c.json:2: bitrate: has no effect: overridden by c.json: streams[0].bitrate",
          "c.json:2: preset: has no effect: overridden by --preset",
          "c.json:4: streams[0].segmentDuration: has no effect: overridden by --segment-duration",
          "STREAMER_PRESET: has no effect: overridden by --preset",
          "--segment-duration: has no effect: overridden by --target-duration",
        ])
  }

  @Test("a flag that is given twice has one warning, also by an alias")
  func repeated() throws {
    let text = #"{"testSrc": true}"#
    let twice = ["--playlist-length", "7", "--playlist-length", "8"]
    #expect(
      try warnings(text, twice) == ["--playlist-length: given 2 times; the last value counts"])
    #expect(
      try warnings(text, twice + ["--window-size", "9"]) == [
        "--playlist-length: has no effect: overridden by --window-size"
      ])
    #expect(
      try warnings(text, ["--window-size", "9"] + twice) == [
        "--window-size: has no effect: overridden by --playlist-length"
      ])
  }

  @Test("a source replaces the source of the top; values of other streams stay used")
  func sources() throws {
    #expect(
      try warnings(
        """
        {"testSrc": true, "burnClock": true,
         "streams": [{"stream": "a", "input": "udp://127.0.0.1:5000"}]}
        """) == ["c.json:1: testSrc: has no effect: overridden by c.json: streams[0].input"])
    #expect(
      try warnings(
        """
        {"testSrc": true, "bitrate": 900,
         "streams": [{"stream": "a"}, {"stream": "b", "bitrate": 300}]}
        """) == [])
  }

  @Test(
    "a value without effect beside the others has its reason",
    arguments: [
      (
        #""input": "udp://127.0.0.1:5000", "loop": true"#, "loop: has no effect: no input is a file"
      ),
      (#""testSrc": true, "rtspTransport": "udp""#, "rtspTransport: has no effect: the stream has"),
      (#""testSrc": true, "burnClock": true"#, "burnClock: has no effect: the test pattern has a"),
      (#""testSrc": true, "overlayFont": "/nowhere""#, nil),
      (#""testSrc": true, "archive": {"keep": "7d"}"#, "archive.keep: has no effect without an a"),
      (#""testSrc": true, "dvr": "4h""#, "dvr: has no effect without an archive (--archive)"),
      (#""testSrc": true, "publishKey": "sixteen--letters""#, "publishKey: has no effect: no pub"),
      (#""relay": "http://h/a/", "bitrate": 900"#, "bitrate: has no effect: the stream is relayed"),
      (#""source": "uploads", "preset": "fast""#, "preset: has no effect: the stream consists of"),
      (
        #""input": "rtsp://h/x", "passthrough": "always", "preset": "fast""#,
        "preset: has no effect: the video is passed through"
      ),
      (#""input": "rtsp://h/x", "failback": 5"#, "failback: has no effect: there is one input"),
      (#""input": "rtsp://h/x", "rtspTransport": "udp", "slate": null"#, ""),
    ])
  func unused(keys: String, expected: String?) throws {
    let text = "{\"streams\": [{\"stream\": \"a\",\n \(keys)}]}"
    guard let expected else {
      #expect(try Folder(["config.json": text]).outcome().error.contains("overlayFont"))
      return
    }
    let found = try warnings(text)
    guard !expected.isEmpty else {
      #expect(found == [])
      return
    }
    #expect(found.count == 1, "\(found)")
    #expect(found.first?.hasPrefix("c.json:2: streams[0].\(expected)") == true, "\(found)")
  }

  @Test("a value at the top is unused if no stream uses it")
  func inherited() throws {
    let two = #"{"stream": "a", "testSrc": true}, {"stream": "b", "input": "clip.ts"}"#
    #expect(try warnings("{\"loop\": true, \"streams\": [\(two)]}") == [])
    #expect(
      try warnings("{\"srtLatency\": 100, \"slate\": null,\n\"dvr\": \"1h\", \"testSrc\": true}")
        == [
          "c.json:2: dvr: has no effect without an archive (--archive)",
          "c.json:1: srtLatency: has no effect without publishers by SRT (--srt)",
        ])
  }

  @Test("name is the label at the top too; without stream it is the address, with a warning")
  func names() throws {
    let both = try Folder(["c.json": #"{"stream": "yard", "name": "Back yard", "testSrc": true}"#])
    let settings = try #require(both.outcome("c.json").definition).streams[0].settings
    #expect(settings.name == "yard" && settings.label == "Back yard")
    #expect(try both.configuration("c.json").warnings == [])
    let alone = try Folder(["c.json": "{\"testSrc\": true,\n\"name\": \"yard\"}"])
    let definition = try #require(alone.outcome("c.json").definition)
    #expect(definition.streams[0].settings.name == "yard")
    #expect(definition.streams[0].settings.label == "yard")
    #expect(
      try warnings("{\"testSrc\": true,\n\"name\": \"yard\"}") == [
        "c.json:2: name: is the label for people; without \"stream\" it is the address /yard/, "
          + "too: write \"stream\": \"yard\" for the address"
      ])
    let spaced = try Folder(["c.json": #"{"name": "Back yard", "testSrc": true}"#])
    #expect(
      spaced.outcome("c.json").error.hasPrefix(
        "c.json: name: \"Back yard\" is a label and no address (expected \"stream\" beside it"))
    let flag = try #require(alone.outcome("c.json", ["--name", "gate"]).definition)
    #expect(flag.streams[0].settings.name == "gate")
  }
}
