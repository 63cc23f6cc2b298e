// SPDX-License-Identifier: Apache-2.0

import Capture
import Foundation
import Logging
import Media
import Packaging
import Server
import Streams
import Testing
import Time

@testable import streamer

/// A folder with files, which goes with it.
private final class Folder {
  let path: String

  init(_ files: [String: String]) throws {
    path = NSTemporaryDirectory() + "streamer-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    for (name, text) in files {
      try text.write(toFile: path + "/" + name, atomically: true, encoding: .utf8)
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// What a configuration comes to, or the line that says what is wrong with it, without the folder's name.
  func outcome(_ file: String = "config.json", _ flags: [String] = []) -> (
    definition: ValidatedConfiguration?, error: String
  ) {
    do throws(UsageError) {
      let configuration = try configuration(file, flags)
      return (try ValidatedConfiguration(configuration, isSupervised: false), "")
    } catch { return (nil, error.description.replacingOccurrences(of: path + "/", with: "")) }
  }

  func configuration(
    _ file: String = "config.json", _ flags: [String] = []
  ) throws(UsageError) -> MergedSettings {
    try MergedSettings(CommandLineReader.occurrences(["-c", path + "/" + file] + flags))
  }
}

/// A stream of `streams.json` as Fast-ll's documentation shows it, with other values for some keys.
private func element(_ changes: [String: String?] = [:]) -> String {
  var keys: [String: String] = [
    "name": #""Camera""#, "stream": #""cam""#, "type": #""GEN""#, "input": #""""#,
    "targetFps": #""24""#, "segmentDuration": #""1""#, "fragmentDuration": #""0.1""#,
    "intraInterval": #""24""#, "targetLatency": #""0.5""#,
    "serverSideRepresentationSwitching": "false", "saveStats": "false",
    "qualities": #"{"video": [{"targetWidth": "640", "targetBitrate": "900"}]}"#,
  ]
  for (key, value) in changes { keys[key] = value }
  return "{" + keys.map { "\"\($0)\": \($1)" }.sorted().joined(separator: ",\n ") + "}"
}

private func one(_ changes: [String: String?] = [:]) throws -> Folder {
  try Folder([
    "config.json": #"{"streams": "streams.json"}"#, "streams.json": "[\(element(changes))]",
  ])
}

@Suite("Fast-ll's two files")
struct FastLLTests {
  @Test("as they stand: program and streams, sorted by bitrate, streams relative to the file")
  func asTheyStand() throws {
    let folder = try Folder([
      "config.json": """
      {"host": "127.0.0.1", "port": "9090", "streams": "streams.json", "verbose": "true",
       "timeDisplacement": "0.25", "waitForAbsentSegment": "false"}
      """,
      "streams.json": """
      [{"name": "Test", "stream": "gen", "type": "GEN", "targetFps": "30", "segmentDuration": "2",
        "fragmentDuration": "0.2", "intraInterval": "60", "targetLatency": "0.8",
        "serverSideRepresentationSwitching": "False", "saveStats": false,
        "qualities": {"video": [{"targetWidth": "320", "targetBitrate": "300"},
          {"targetWidth": "1280", "targetBitrate": "2500"}, {"targetWidth": 640, "targetBitrate": 900}]}},
       {"name": "Camera", "stream": "cam", "type": "RTSP", "input": "rtsp://user:secret@127.0.0.1:8554/cam",
        "qualities": {"video": [{"targetWidth": "640", "targetBitrate": "900"}]}}]
      """,
    ])
    let (found, error) = folder.outcome()
    let definition = try #require(found, "\(error)")
    #expect(definition.settings.host == "127.0.0.1" && definition.settings.port == 9090)
    #expect(definition.settings.logLevel == .debug && definition.tls == nil)
    #expect(definition.serving.timeDisplacement == .milliseconds(250))
    #expect(definition.streams.allSatisfy { !$0.settings.waitsForAbsentSegment })
    #expect(definition.streams.map(\.configuration.name) == ["gen", "cam"])
    let gen = definition.streams[0].configuration
    #expect(gen.source == .test)
    #expect(
      gen.renditions.map { "\($0.size)@\($0.bitrateKilobits)" } == [
        "1280x720@2500", "640x360@900", "320x180@300",
      ])
    #expect(gen.segmentation.framesPerSegment == 60 && gen.segmentation.framesPerPart == 6)
    #expect(definition.streams[0].serving.targetLatency == .milliseconds(800))
    #expect(try folder.configuration().warnings == [])
    #expect(definition.streams[1].settings.input?.description.contains("secret") == false)
    #expect(definition.streams[1].settings.label == "Camera")
  }

  @Test("its defaults: 24 fps, 1 s, 0.1 s, intra 24, latency 0.5 s, 320 wide at 300 kbit/s")
  func defaults() throws {
    let folder = try Folder([
      "config.json":
        #"{"host": "127.0.0.1", "port": 8080, "streams": [{"name": "n", "stream": "s", "type": "GEN"}]}"#
    ])
    let (found, error) = folder.outcome()
    let stream = try #require(found, "\(error)").streams[0]
    let configuration = stream.configuration
    #expect("\(configuration.segmentation.grid.rate)" == "24")
    #expect(
      configuration.segmentation.framesPerSegment == 24 && configuration.segmentation.framesPerPart == 2)
    #expect(stream.serving.targetLatency(of: configuration) == .milliseconds(500))
    #expect(configuration.intraInterval == 24)
    #expect(configuration.renditions.map { "\($0.size)@\($0.bitrateKilobits)" } == ["320x180@300"])
    #expect(configuration.renditions[0].name == "video")
    #expect(found?.streams[0].settings.waitsForAbsentSegment == true)
    #expect(found?.serving.timeDisplacement == .zero)
  }

  @Test(
    "numbers and strings, booleans and their words",
    arguments: [
      ("targetFps", "25"), ("targetFps", #""25""#), ("targetFps", "25.0"), ("segmentDuration", "2"),
      ("segmentDuration", #""2.0""#), ("fragmentDuration", "0.2"), ("targetLatency", "1"),
      ("intraInterval", "12"), ("saveStats", "true"), ("saveStats", #""true""#),
      ("saveStats", #""False""#), ("serverSideRepresentationSwitching", #""True""#),
      ("input", "null"), ("onDemand", #""true""#), ("onDemand", "false"), ("burnClock", #""True""#),
    ])
  func lenient(key: String, value: String) throws {
    let (found, error) = try one([key: value]).outcome()
    #expect(found != nil, "\(error)")
  }

  @Test(
    "IDR pictures within a segment come at whole parts; from a segment on they are its own",
    arguments: [
      // Parts of 0.2 s are 5 frames at 25 fps, segments 25.
      ("5", 5), ("4", 5), ("1", 5), ("7", 5), ("8", 10), ("12", 10), ("13", 15), ("24", 25),
      ("25", 25), ("26", 25), ("50", 25), ("2400", 25),
    ])
  func intraInterval(given: String, expected: Int) throws {
    let folder = try one([
      "targetFps": "25", "fragmentDuration": "0.2", "intraInterval": given,
    ])
    #expect(folder.outcome().definition?.streams[0].configuration.keyDistance == Int64(expected))
  }

  @Test("what is not yet in effect is announced, where it is asked for")
  func announced() throws {
    let on = try one(["serverSideRepresentationSwitching": #""True""#, "saveStats": "true"])
      .configuration().warnings
    #expect(on.count == 2 && on.allSatisfy { $0.contains("not yet in effect") }, "\(on)")
    #expect(on.contains { $0.contains("streams.json: [0].saveStats") })
    #expect(try one().configuration().warnings == [])
  }

  @Test("unknown keys are warned of with their path")
  func unknown() throws {
    let folder = try Folder([
      "config.json": #"{"colour": 1, "streams": "streams.json"}"#,
      "streams.json":
        "[\(element()), \(element(["stream": #""b""#, "flavour": "[]", "httpPort": "1", "qualities": #"{"video": [{"targetWidth": "640", "targetBitrate": "900", "x": 1}], "audio": []}"#]))]",
    ])
    let warnings = try folder.configuration().warnings
      .map { $0.replacingOccurrences(of: folder.path + "/", with: "") }
    for path in [
      "config.json: colour: is not known", "streams.json: [1].flavour: is not known",
      "streams.json: [1].httpPort: is for the whole program",
      "streams.json: [1].qualities.video[0].x: is not known",
      "streams.json: [1].qualities.audio: is not known",
    ] { #expect(warnings.contains { $0.hasPrefix(path) }, "\(path) in \(warnings)") }
    #expect(warnings.count == 5)
  }

  struct Wrong: Sendable, CustomTestStringConvertible {
    let key, value, path: String
    var given: String?
    var testDescription: String { "\(key): \(value)" }
  }

  @Test(
    "wrong values are one line with file, key path, value, and what is allowed",
    arguments: [
      Wrong(key: "targetFps", value: #""fast""#, path: "targetFps", given: "fast"),
      Wrong(key: "targetFps", value: "0", path: "targetFps", given: "0"),
      Wrong(key: "targetFps", value: "[24]", path: "targetFps", given: "an array"),
      Wrong(key: "segmentDuration", value: #""0.01""#, path: "segmentDuration", given: "0.01"),
      Wrong(key: "segmentDuration", value: "true", path: "segmentDuration", given: "true"),
      Wrong(key: "fragmentDuration", value: #""2""#, path: "fragmentDuration", given: "2"),
      Wrong(key: "intraInterval", value: "0", path: "intraInterval", given: "0"),
      Wrong(key: "intraInterval", value: "2.5", path: "intraInterval", given: "2.5"),
      Wrong(key: "targetLatency", value: #""soon""#, path: "targetLatency", given: "soon"),
      Wrong(key: "type", value: #""FILE""#, path: "type", given: "FILE"),
      Wrong(key: "type", value: #""RTSP""#, path: "input"),
      Wrong(key: "stream", value: #""a/b""#, path: "stream", given: "a/b"),
      Wrong(key: "stream", value: #""metrics""#, path: "stream", given: "metrics"),
      Wrong(key: "stream", value: "null", path: "stream"),
      Wrong(key: "saveStats", value: #""maybe""#, path: "saveStats", given: "maybe"),
      Wrong(key: "onDemand", value: "3", path: "onDemand", given: "3"),
      Wrong(key: "qualities", value: "[]", path: "qualities"),
      Wrong(key: "qualities", value: #"{"video": 3}"#, path: "qualities.video", given: "3"),
      Wrong(
        key: "qualities", value: #"{"video": [{"targetWidth": "641", "targetBitrate": "900"}]}"#,
        path: "qualities.video[0].targetWidth", given: "641"),
      Wrong(
        key: "qualities", value: #"{"video": [{"targetWidth": 640, "targetBitrate": "a lot"}]}"#,
        path: "qualities.video[0].targetBitrate", given: "a lot"),
      Wrong(key: "framerate", value: "30", path: "framerate"),
      Wrong(key: "playlistLength", value: "5", path: "playlistLength", given: "5"),
      Wrong(key: "maxFiles", value: "11", path: "maxFiles", given: "11"),
      Wrong(key: "holdBack", value: "0.1", path: "holdBack", given: "0.1"),
    ])
  func wrong(_ row: Wrong) throws {
    let error = try one([row.key: row.value]).outcome().error
    #expect(error.contains("streams.json: [0].\(row.path)"), "\(error)")
    if let given = row.given { #expect(error.contains(given), "\(error)") }
    #expect(error.contains("allowed is ") && !error.contains { $0.isNewline }, "\(error)")
  }

  @Test("port is the HTTPS port when both files are given, and then the only one")
  func secure() throws {
    let certificate = try #require(Certificate.made)
    let files = ["key.pem": certificate.key, "cert.pem": certificate.certificate]
    func definition(_ keys: String, _ flags: [String] = []) throws -> (ValidatedConfiguration?, String) {
      let folder = try Folder(
        files.merging(["config.json": #"{"port": 8443, "streams": [\#(element())], \#(keys)}"#]) {
          $1
        })
      let outcome = folder.outcome("config.json", flags)
      return (outcome.definition, outcome.error)
    }
    let both = #""sslKeyFile": "key.pem", "sslCertFile": "cert.pem""#
    let (secure, error) = try definition(both)
    #expect(secure?.tls?.port == 8443 && secure?.settings.servesPlain == false, "\(error)")
    let beside = try definition(both + #", "httpPort": 8081"#).0
    #expect(beside?.tls?.port == 8443 && beside?.settings.port == 8081)
    #expect(beside?.settings.servesPlain == true)
    let byFlag = try definition(both, ["--http-port", "8082"]).0
    #expect(byFlag?.tls?.port == 8443 && byFlag?.settings.port == 8082)
    #expect(byFlag?.settings.servesPlain == true)
    for alone in [#""sslKeyFile": "key.pem""#, #""sslCertFile": "cert.pem", "sslKeyFile": """#] {
      let plain = try definition(alone).0
      #expect(plain?.tls == nil && plain?.settings.port == 8443)
    }
  }
}

@Suite("A configuration file")
struct MergedSettingsTests {
  @Test("verbose that is false takes no log level back")
  func verbose() throws {
    for (text, level) in [("true", Log.Level.debug), ("false", .warning)] {
      let folder = try Folder([
        "config.json":
          #"{"logLevel": "warning", "verbose": "\#(text)", "streams": [{"stream": "a"}]}"#
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
    let keys = Option.table.filter { !$0.isAction }.flatMap(\.keys)
    #expect(Set(keys).count == keys.count)
    // Keys of Fast-ll must not mean something else.
    let foreign: Set<String> = [
      "port", "streams", "sslKeyFile", "sslCertFile", "stream", "type", "targetFps",
      "fragmentDuration", "qualities", "saveStats", "serverSideRepresentationSwitching",
    ]
    #expect(foreign.isDisjoint(with: keys))
  }

  @Test("defaults < top of the file < stream < flags")
  func precedence() throws {
    let folder = try Folder([
      "config.json": """
      {"bitrate": 1000, "preset": "ultrafast", "playlistLength": 8, "burnClock": true,
       "streams": [{"stream": "a"}, {"stream": "b", "bitrate": 2000, "playlistLength": 9, "burnClock": false},
        {"stream": "c", "rendition": ["640x360@900", "320x180@300"]}]}
      """
    ])
    let definition = try #require(folder.outcome("config.json", ["--playlist-length", "7"]).definition)
    let found = definition.streams.map(\.configuration)
    #expect(found.map { $0.renditions.map(\.bitrateKilobits) } == [[1000], [2000], [900, 300]])
    #expect(found.map(\.preset) == ["ultrafast", "ultrafast", "ultrafast"])
    #expect(found.map(\.playlistLength) == [7, 7, 7])
    #expect(found.map(\.burnsClock) == [true, false, true])
    #expect(definition.streams.map(\.serving.timestamps) == [20, 20, 20])
    // A flag beats the ladder of a stream.
    let flat = folder.outcome("config.json", ["--bitrate", "500"]).definition
    #expect(
      flat?.streams.map { $0.configuration.renditions.map(\.bitrateKilobits) } == [[500], [500], [500]])
  }

  @Test("a stream may have limits of its own")
  func limits() throws {
    let folder = try Folder([
      "config.json": """
      {"holdTimeout": 2, "streams": [{"stream": "a", "holdTimeout": "0.5", "maxFiles": 30,
        "waitForAbsentSegment": "false"}, {"stream": "b"}]}
      """
    ])
    let definition = try #require(folder.outcome().definition)
    let options = definition.streams.map(\.serving)
    #expect(options.map(\.holdLimit) == [.milliseconds(500), .seconds(2)])
    #expect(options.map(\.waitsForAbsentSegment) == [false, true])
    #expect(definition.streams.map(\.configuration.retained) == [30, 20])
  }

  @Test("a file without a list is about one stream; a camera that it names is waited for")
  func single() throws {
    let folder = try Folder([
      "config.json":
        #"{"stream": "cam", "device": "/dev/video7", "resolution": "640x360", "httpPort": 0}"#
    ])
    let definition = try #require(folder.outcome().definition)
    #expect(definition.streams.count == 1 && !definition.listsStreams)
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
      "config.json":
        #"{"hlsjs": "hls.js", "streams": [{"stream": "f", "input": "clip.mp4"}, {"stream": "r", "input": "rtsp://h/x"}]}"#,
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
    let folder = try Folder(["config.json": #"{"streams": [{"stream": "a"}]}"#])
    let error = folder.outcome("config.json", flags).error
    #expect(error.hasPrefix("\(flags[0]): ") && error.contains("config.json"), "\(error)")
  }

  @Test(
    "what is wrong with a file is one line that names it and the place",
    arguments: [
      (
        "{\n \"host\": \"h\"\n \"port\": 1}",
        "config.json: no JSON at line 3, column 2: a comma or }"
      ),
      ("{\"host\": }", "config.json: no JSON at line 1, column 10: a value"),
      ("[", "config.json: no JSON at line 1, column 2: a value"),
      ("{} x", "config.json: no JSON at line 1, column 4: the end"),
      ("{host: 1}", "config.json: no JSON at line 1, column 2: a key"),
      (#"{"host": "a"#, "config.json: no JSON at line 1, column 12: the end of a string"),
      ("[]", "config.json: an array was given; allowed is an object"),
      ("3", "config.json: 3 was given; allowed is an object"),
      ("", #"-c: "config.json" is empty"#),
      (#"{"streams": 3}"#, #"config.json: streams: "3" was given; allowed is the path"#),
      (#"{"streams": "none.json"}"#, #"config.json: streams: "none.json" cannot be read"#),
      (#"{"streams": [3]}"#, "config.json: streams[0]: 3 was given; allowed is an object"),
      (#"{"streams": [{}]}"#, "config.json: streams[0].stream: is missing; allowed is 1 to 64"),
      (
        #"{"streams": [{"stream": "a"}, {"stream": "a"}]}"#,
        #"config.json: streams[1].stream: "a" was given; allowed is a name that no other"#
      ),
      (#"{"httpPort": "x"}"#, #"config.json: httpPort: "x" was given; allowed is a whole number"#),
      (#"{"selfSigned": 1}"#, #"config.json: selfSigned: "1" was given; allowed is true or false"#),
      (
        #"{"playlistLength": 9, "windowSize": 9}"#,
        "config.json: playlistLength and config.json: windowSize: both were given"
      ),
      (
        #"{"streams": [{"stream": "a", "testSrc": true, "device": "/dev/video0"}]}"#,
        "config.json: streams[0].testSrc and config.json: streams[0].device: both were given"
      ),
      (
        #"{"streams": [{"stream": "a", "bitrate": 500, "rendition": "640x360@900"}]}"#,
        "config.json: streams[0].rendition: was given with"
      ),
      (#"{"preset": "p1", "streams": [{"stream": "a"}]}"#, #"config.json: preset: "p1" was given"#),
      (
        #"{"httpPort": "off"}"#,
        #"config.json: httpPort: "off" was given; allowed is a port, or HTTPS"#
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
    #expect(error.hasPrefix(#"-c: "nowhere.json" cannot be read"#), "\(error)")
  }

  @Test("streams that were asked for in the same words are the same")
  func wishes() throws {
    func wish(_ keys: String) throws -> [String] {
      try Folder(["config.json": #"{"streams": [{"stream": "a", \#(keys)}]}"#])
        .configuration().streams[0].wish
    }
    #expect(
      try wish(#""bitrate": 500, "preset": "fast""#) == wish(#""preset": "fast", "bitrate": "500""#)
    )
    #expect(try wish(#""bitrate": 500"#) != wish(#""bitrate": 501"#))
    #expect(try wish(#""name": "A", "bitrate": 1000"#) == wish(#""name": "B", "bitrate": 1000"#))
  }
}
