// SPDX-License-Identifier: Apache-2.0

import Capture
import Configuration
import Foundation
import Logging
import Media
import Packaging
import Streams
import Testing
import Time

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
          {"targetWidth": "1280", "targetBitrate": "2500"},
          {"targetWidth": 640, "targetBitrate": 900}]}},
       {"name": "Camera", "stream": "cam", "type": "RTSP",
        "input": "rtsp://user:secret@127.0.0.1:8554/cam",
        "qualities": {"video": [{"targetWidth": "640", "targetBitrate": "900"}]}}]
      """,
    ])
    let (found, error) = folder.outcome()
    let definition = try #require(found, "\(error)")
    #expect(definition.settings.host == "127.0.0.1" && definition.settings.plainPort == .port(9090))
    #expect(definition.settings.logLevel == .debug && definition.tls == nil)
    #expect(definition.settings.timeDisplacement == .milliseconds(250))
    #expect(definition.streams.allSatisfy { !$0.settings.waitsForAbsentSegment })
    #expect(definition.streams.map(\.configuration.name) == ["gen", "cam"])
    let gen = definition.streams[0].configuration
    #expect(gen.source == .test)
    #expect(
      gen.renditions.map { "\($0.size)@\($0.bitrateKilobits)" } == [
        "1280x720@2500", "640x360@900", "320x180@300",
      ])
    #expect(gen.segmentation.framesPerSegment == 60 && gen.segmentation.framesPerPart == 6)
    #expect(definition.streams[0].settings.targetLatency == .milliseconds(800))
    #expect(try folder.configuration().warnings == [])
    #expect(definition.streams[1].settings.input?.description.contains("secret") == false)
    #expect(definition.streams[1].settings.label == "Camera")
  }

  @Test("its defaults: 24 fps, 1 s, 0.1 s, intra 24, latency 0.5 s, 320 wide at 300 kbit/s")
  func defaults() throws {
    let folder = try Folder([
      "config.json": """
      {"host": "127.0.0.1", "port": 8080,
       "streams": [{"name": "n", "stream": "s", "type": "GEN"}]}
      """
    ])
    let (found, error) = folder.outcome()
    let stream = try #require(found, "\(error)").streams[0]
    let configuration = stream.configuration
    #expect("\(configuration.segmentation.grid.rate)" == "24")
    #expect(
      configuration.segmentation.framesPerSegment == 24
        && configuration.segmentation.framesPerPart == 2)
    #expect(stream.settings.targetLatency == .milliseconds(500))
    #expect(configuration.intraInterval == 24)
    #expect(configuration.renditions.map { "\($0.size)@\($0.bitrateKilobits)" } == ["320x180@300"])
    #expect(configuration.renditions[0].name == "video")
    #expect(found?.streams[0].settings.waitsForAbsentSegment == true)
    #expect(found?.settings.timeDisplacement == .zero)
  }

  @Test(
    "numbers and strings, booleans and their words",
    arguments: [
      ("targetFps", "25"), ("targetFps", #""25""#), ("targetFps", "25.0"), ("segmentDuration", "2"),
      ("fragmentDuration", #""0,1""#),
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

  @Test("switching by the server and saved statistics are settings; the latter have a folder")
  func switching() throws {
    let folder = try one(["serverSideRepresentationSwitching": #""True""#, "saveStats": "true"])
    let on = try #require(folder.outcome().definition)
    #expect(on.streams[0].settings.switchesRenditions && on.streams[0].settings.savesStatistics)
    #expect(try folder.configuration().warnings == [])
    #expect(on.notes == [] && on.settings.statisticsFolder == nil)
    #expect(on.statisticsFolder?.hasSuffix("/statistics") == true)
    let saved = folder.outcome("config.json", ["--stats-dir", "/tmp"]).definition
    #expect(saved?.notes == [] && saved?.statisticsFolder == "/tmp")
    let off = try #require(try one().outcome().definition)
    #expect(!off.streams[0].settings.switchesRenditions && off.statisticsFolder == nil)
  }

  @Test("in a lenient file unknown keys are warnings with their path")
  func unknown() throws {
    let qualities =
      #"{"video": [{"targetWidth": "640", "targetBitrate": "900", "x": 1}], "audio": [1]}"#
    let other = element([
      "stream": #""b""#, "flavour": "[]", "httpPort": "1", "qualities": qualities,
    ])
    let folder = try Folder([
      "config.json": #"{"colour": 1, "streams": "streams.json"}"#,
      "streams.json": "[\(element()), \(other)]",
    ])
    let warnings = try folder.configuration("config.json", ["--lenient"]).warnings
      .map { $0.replacingOccurrences(of: folder.path + "/", with: "") }
    for path in [
      "config.json: colour: unknown key", "streams.json: [1].flavour: unknown key",
      "streams.json: [1].httpPort: applies to the whole program",
      "streams.json: [1].qualities.video[0].x: unknown key",
      "streams.json: [1].qualities.audio: unknown key",
    ] { #expect(warnings.contains { $0.hasPrefix(path) }, "\(path) in \(warnings)") }
    #expect(warnings.count == 5)
    let error = folder.outcome().error
    #expect(error.hasPrefix("streams.json: [1].qualities.video[0].x: unknown key ("), "\(error)")
  }

  @Test("all keys of Fast-ll are known, also one without an effect")
  func known() throws {
    let qualities = #"{"video": [{"targetWidth": 640, "targetBitrate": 900}], "audio": []}"#
    let folder = try Folder([
      "config.json": #"{"port": "80", "timeDisplacement": "0", "streams": "streams.json"}"#,
      "streams.json": "[\(element(["qualities": qualities]))]",
    ])
    let (found, error) = folder.outcome()
    #expect(try #require(found, "\(error)").merged.warnings == [])
  }

  struct Wrong: Sendable, CustomTestStringConvertible {
    let key, value, path: String
    var given: String?
    var testDescription: String { "\(key): \(value)" }
  }

  @Test(
    "wrong values are one line with file, key path, value and expected values",
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
    #expect(error.contains("expected ") && !error.contains { $0.isNewline }, "\(error)")
  }

  @Test("port is the HTTPS port when both files are given, and then the only one")
  func secure() throws {
    let certificate = try #require(Certificate.made)
    let files = ["key.pem": certificate.key, "cert.pem": certificate.certificate]
    func definition(_ keys: String, _ flags: [String] = []) throws -> (
      ValidatedConfiguration?, String
    ) {
      let folder = try Folder(
        files.merging(["config.json": #"{"port": 8443, "streams": [\#(element())], \#(keys)}"#]) {
          $1
        })
      let outcome = folder.outcome("config.json", flags)
      return (outcome.definition, outcome.error)
    }
    let both = #""sslKeyFile": "key.pem", "sslCertFile": "cert.pem""#
    let (secure, error) = try definition(both)
    #expect(secure?.tls?.port == 8443 && secure?.settings.plainPort == .off, "\(error)")
    let beside = try definition(both + #", "httpPort": 8081"#).0
    #expect(beside?.tls?.port == 8443 && beside?.settings.plainPort == .port(8081))
    let byFlag = try definition(both, ["--http-port", "8082"]).0
    #expect(byFlag?.tls?.port == 8443 && byFlag?.settings.plainPort == .port(8082))
    for alone in [#""sslKeyFile": "key.pem""#, #""sslCertFile": "cert.pem", "sslKeyFile": """#] {
      let plain = try definition(alone).0
      #expect(plain?.tls == nil && plain?.settings.plainPort == .port(8443))
    }
  }
}
