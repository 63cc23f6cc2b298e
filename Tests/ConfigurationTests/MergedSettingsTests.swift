// SPDX-License-Identifier: Apache-2.0

import Archive
import Capture
import Foundation
import Logging
import Media
import Packaging
import Streams
import Testing
import Time

@testable import Configuration

@Suite("A configuration file")
struct MergedSettingsTests {
  @Test("verbose that is false takes no log level back")
  func verbose() throws {
    for (text, level) in [("true", Log.Level.debug), ("false", .warning)] {
      let folder = try Folder([
        "config.json": """
        {"logLevel": "warning", "verbose": "\(text)",
         "streams": [{"stream": "a", "testSrc": true}]}
        """
      ])
      let (found, error) = folder.outcome()
      #expect(try #require(found, "\(error)").settings.logLevel == level)
    }
  }

  @Test("every flag is a key in camelCase, and its alias too")
  func keys() {
    #expect(Option.key("part-duration") == "partDuration")
    #expect(Option.key("host") == "host")
    #expect(Option.key("wait-for-absent-segment") == "waitForAbsentSegment")
    let keys = Option.table.flatMap(\.keys)
    #expect(Set(keys).count == keys.count)
    // Keys of Fast-ll must not mean something else.
    let foreign: Set<String> = [
      "port", "streams", "sslKeyFile", "sslCertFile", "stream", "type", "targetFps",
      "fragmentDuration", "qualities",
    ]
    #expect(foreign.isDisjoint(with: keys))
  }

  @Test("audio is a text, or the tracks of the input in their order")
  func audioTracks() throws {
    func folder(_ audio: String) throws -> Folder {
      try Folder(["config.json": #"{"input": "udp://127.0.0.1:5000", "audio": \#(audio)}"#])
    }
    let two =
      #"[{"language": "en", "name": "One=1"}, {"track": 2, "purpose": "main", "#
      + #""language": "de", "default": true}]"#
    let settings = try #require(try folder(two).outcome().definition).streams[0].settings
    #expect(
      settings.audioTracks
        == .chosen([
          .init(AudioTrackSelector(language: Language("en")), label: "One=1"),
          .init(
            AudioTrackSelector(position: 2, language: Language("de"), purpose: .main),
            isDefault: true),
        ]))
    #expect(settings.takesInputAudio)
    for wrong in [
      "[{}]", #"[{"language": "german"}]"#, #"[{"track": 0}]"#, "[1]", "[]",
      #"[{"language": "de", "name": "a,b"}]"#, #"[{"language": "de", "default": "x"}]"#,
    ] { #expect(try folder(wrong).outcome().error.contains("audio"), "\(wrong)") }
  }

  @Test("the archive of a stream is an object; URLs of twins end in a slash, and need an archive")
  func archive() throws {
    func folder(_ heal: String) throws -> Folder {
      try Folder([
        "config.json": """
        {"testSrc": true,
         "streams": [{"stream": "a", "archive": {"keep": "7d", "heal": \(heal)}}]}
        """
      ])
    }
    let two = try folder(#"["https://other/a/", "http://box:8080/t/x/a/"]"#)
    let definition = try #require(two.outcome("config.json", ["--archive", "/tmp"]).definition)
    let settings = definition.streams[0].settings
    #expect(settings.archiveTwins == ["https://other/a/", "http://box:8080/t/x/a/"])
    #expect(settings.archiveKeep == .seconds(7 * 86_400))
    #expect(definition.notes == [])
    let without = try #require(two.outcome().definition)
    #expect(
      without.notes == [
        "dvr, archiveKeep, archiveLimit and archiveHeal have no effect without --archive"
      ])
    #expect(
      try folder(#"["https://other/a"]"#).outcome().error
        == "config.json: streams[0].archive.heal[0]: invalid value \"https://other/a\" (expected "
        + "the http or https URL of a stream, which ends in /)")
  }

  @Test("the upstream of a relay is its twin, with its query, unless others are given")
  func relay() throws {
    let folder = try Folder([
      "config.json": """
      {"streams": [
        {"stream": "a", "relay": "http://host:8080/t/x/a"},
        {"stream": "b", "relay": "http://u:p@host/b/?x=1"},
        {"stream": "c", "relay": "http://host/c/", "archive": {"heal": ["http://box/c/"]}},
        {"stream": "d", "testSrc": true}]}
      """
    ])
    let definition = try #require(folder.outcome("config.json", ["--archive", "/tmp"]).definition)
    #expect(
      definition.streams.map(\.settings.archivePolicy.twins) == [
        ["http://host:8080/t/x/a/"], ["http://u:p@host/b/?x=1"], ["http://box/c/"], [],
      ])
  }

  @Test("a value that is refused is printed without its secrets")
  func redacted() throws {
    for (key, value) in [
      ("objects", "https://user:hunter2@store/bucket"), ("heal", "http://user:hunter2@host"),
    ] {
      let folder = try Folder(["config.json": "{\"archive\": {\"\(key)\": \"\(value)\"}}"])
      let error = folder.outcome("config.json", ["--archive", "/tmp"]).error
      #expect(error.contains("invalid value") && error.contains("***@"), "\(error)")
      #expect(!error.contains("hunter2"), "\(error)")
    }
  }

  @Test("defaults < top of the file < stream < environment < flags")
  func precedence() throws {
    let folder = try Folder([
      "config.json": """
      {"bitrate": 1000, "preset": "ultrafast", "playlistLength": 8, "burnClock": true,
       "testSrc": true,
       "streams": [{"stream": "a"},
        {"stream": "b", "bitrate": 2000, "playlistLength": 9, "burnClock": false},
        {"stream": "c", "rendition": ["640x360@900", "320x180@300"]}]}
      """
    ])
    let definition = try #require(
      folder.outcome("config.json", ["--playlist-length", "7"]).definition)
    let found = definition.streams.map(\.configuration)
    #expect(found.map { $0.renditions.map(\.bitrateKilobits) } == [[1000], [2000], [900, 300]])
    #expect(found.map(\.preset) == ["ultrafast", "ultrafast", "ultrafast"])
    #expect(found.map(\.playlistLength) == [7, 7, 7])
    #expect(found.map(\.burnsClock) == [true, false, true])
    #expect(definition.streams.map(\.settings.timestamps) == [20, 20, 20])
    // A flag beats the ladder of a stream.
    let flat = folder.outcome("config.json", ["--bitrate", "500"]).definition
    #expect(
      flat?.streams.map { $0.configuration.renditions.map(\.bitrateKilobits) } == [
        [500], [500], [500],
      ])
  }

  @Test("a stream may have limits of its own")
  func limits() throws {
    let folder = try Folder([
      "config.json": """
      {"holdTimeout": 2, "testSrc": true, "streams": [{"stream": "a", "holdTimeout": "0.5",
        "maxFiles": 30, "waitForAbsentSegment": "false"}, {"stream": "b"}]}
      """
    ])
    let definition = try #require(folder.outcome().definition)
    let settings = definition.streams.map(\.settings)
    #expect(settings.map(\.holdLimit) == [.milliseconds(500), .seconds(2)])
    #expect(settings.map(\.waitsForAbsentSegment) == [false, true])
    #expect(definition.streams.map(\.configuration.retained) == [30, 20])
  }

  @Test("a file without a list is about one stream; a camera that it names is waited for")
  func single() throws {
    let folder = try Folder([
      "config.json":
        #"{"stream": "cam", "device": "/dev/video7", "resolution": "640x360", "httpPort": 0}"#
    ])
    let definition = try #require(folder.outcome().definition)
    #expect(definition.streams.count == 1 && !definition.merged.listsStreams)
    let stream = definition.streams[0].configuration
    #expect(stream.name == "cam" && stream.source == .camera(path: "/dev/video7"))
    #expect(stream.waitsForSource)
    // One named by a flag must be there.
    let named = folder.outcome("config.json", ["--device", "/dev/video8"]).definition?.streams[0]
    #expect(named?.configuration.source == .camera(path: "/dev/video8"))
    #expect(named?.configuration.waitsForSource == false)
  }

  @Test("paths are relative to the file that has them")
  func paths() throws {
    let folder = try Folder([
      "config.json": """
      {"hlsjs": "hls.js", "streams": [{"stream": "f", "input": "clip.mp4"},
       {"stream": "r", "input": "rtsp://h/x"}]}
      """,
      "hls.js": "//",
    ])
    let (found, error) = folder.outcome()
    let definition = try #require(found, "\(error)")
    #expect(definition.hlsjs == Array("//".utf8))
    #expect(definition.streams[0].settings.input?.description == folder.path + "/clip.mp4")
    #expect(definition.streams[1].settings.input?.description == "rtsp://h/x")
  }

  @Test(
    "with a file that lists streams, flags that name one are refused",
    arguments: [
      ["--test-src"], ["--device", "/dev/video0"], ["--input", "x.ts"], ["--name", "x"],
    ])
  func refused(flags: [String]) throws {
    let folder = try Folder(["config.json": #"{"streams": [{"stream": "a", "testSrc": true}]}"#])
    let error = folder.outcome("config.json", flags).error
    #expect(error.hasPrefix("\(flags[0]): ") && error.contains("config.json"), "\(error)")
  }

  @Test(
    "what is wrong with a file is one line that names it and the place",
    arguments: [
      (
        "{\n \"host\": \"h\"\n \"port\": 1}",
        "config.json: invalid JSON at line 3, column 2 (expected a comma or })"
      ),
      ("{\"host\": }", "config.json: invalid JSON at line 1, column 10 (expected a value)"),
      ("[", "config.json: invalid JSON at line 1, column 2 (expected a value)"),
      ("{} x", "config.json: invalid JSON at line 1, column 4 (expected the end)"),
      ("{host: 1}", "config.json: invalid JSON at line 1, column 2 (expected a key"),
      (
        #"{"host": "a"#,
        "config.json: invalid JSON at line 1, column 12 (expected the end of a string)"
      ),
      ("[]", "config.json: invalid value \"an array\" (expected an object)"),
      ("3", "config.json: invalid value \"3\" (expected an object)"),
      ("", #"-c: cannot read "config.json": the file is empty"#),
      (#"{"streams": 3}"#, #"config.json: streams: invalid value "3" (expected the path"#),
      (#"{"streams": "none.json"}"#, #"config.json: streams: cannot read "none.json""#),
      (#"{"streams": [3]}"#, #"config.json: streams[0]: invalid value "3" (expected an object)"#),
      (#"{"streams": [{}]}"#, "config.json: streams[0].stream: missing value (expected 1–64"),
      (
        #"{"streams": [{"stream": "a"}, {"stream": "a"}]}"#,
        #"config.json: streams[1].stream: invalid value "a" (expected a name that no other"#
      ),
      (
        #"{"httpPort": "x"}"#,
        #"config.json: httpPort: invalid value "x" (expected 0–65535, or off)"#
      ),
      (
        #"{"selfSigned": 1}"#,
        #"config.json: selfSigned: invalid value "1" (expected true or false)"#
      ),
      (
        #"{"playlistLength": 9, "windowSize": 9}"#,
        "config.json: playlistLength and config.json: windowSize: cannot be combined"
      ),
      (
        #"{"streams": [{"stream": "a", "testSrc": true, "device": "/dev/video0"}]}"#,
        "config.json: streams[0].testSrc and config.json: streams[0].device: cannot be combined"
      ),
      (
        #"{"testSrc": true, "streams": [{"stream": "a", "bitrate": 500, "#
          + #""rendition": "640x360@900"}]}"#,
        "config.json: streams[0].rendition and config.json: streams[0].bitrate: cannot be combined"
      ),
      (
        #"{"preset": "p1", "streams": [{"stream": "a", "testSrc": true}]}"#,
        #"config.json: preset: invalid value "p1""#
      ),
      (
        #"{"httpPort": "off"}"#,
        #"config.json: httpPort: invalid value "off" (expected a port, or HTTPS"#
      ),
      (#"{"tlsCert": "none.pem", "tlsKey": "none.pem"}"#, "config.json: tlsCert: "),
    ])
  func wrongFile(text: String, begins: String) throws {
    let error = try Folder(["config.json": text]).outcome().error
    let line = error.replacingOccurrences(
      of: "config.json: streams[0]: config.json", with: "config.json")
    #expect(line.hasPrefix(begins), "\(error)")
    #expect(!error.contains { $0.isNewline })
  }

  @Test("a file that is not there is named")
  func missing() throws {
    let error = try Folder([:]).outcome("nowhere.json").error
    #expect(error.hasPrefix(#"-c: cannot read "nowhere.json""#), "\(error)")
  }

  @Test("streams that were asked for in the same words are the same")
  func requestedOptions() throws {
    func options(_ keys: String) throws -> [String] {
      try Folder(["config.json": #"{"testSrc": true, "streams": [{"stream": "a", \#(keys)}]}"#])
        .configuration().streams[0].requestedOptions
    }
    #expect(
      try options(#""bitrate": 500, "preset": "fast""#)
        == options(#""preset": "fast", "bitrate": "500""#)
    )
    #expect(try options(#""bitrate": 500"#) != options(#""bitrate": 501"#))
    #expect(
      try options(#""name": "A", "bitrate": 1000"#) == options(#""name": "B", "bitrate": 1000"#))
    // Retention and reach apply to a running stream.
    #expect(
      try options(#""archiveKeep": "1d", "archiveLimit": "1G", "dvr": "1h", "dvrList": "1h""#)
        == options(#""archiveFloor": "1h", "dvr": "2h""#))
    #expect(try options(#""archiveRenditions": "top""#) != options(#""dvr": "2h""#))
  }
}
