// SPDX-License-Identifier: Apache-2.0

import Configuration
import Foundation
import HTTP
import Logging
import Media
import Packaging
import Streams
import TestSupport
import Testing
import Time

@Suite("The command line")
struct CommandLineTests {
  struct Wrong: Sendable, CustomTestStringConvertible {
    let line, flag: String
    var given: String
    var testDescription: String { line }

    /// The last flag of the line and its value are wrong, unless others are given.
    init(_ line: String, flag: String? = nil, given: String? = nil) {
      let words = line.split(separator: " ").map(String.init)
      self.line = line
      self.flag = flag ?? words.last { $0.hasPrefix("--") } ?? ""
      let value = words.last ?? ""
      self.given = given ?? "\"\(value == "''" ? "" : value)\""
    }
  }

  static let wrong: [Wrong] =
    [
      "1280", "1280x", "x720", "0x0", "62x64", "641x361", "7682x720", "1280x720x2", "1280*720",
      "''",
      "99999999999999999999x720",
    ].map { Wrong("--resolution \($0)") }
    + [
      "0", "0.5", "121", "30/0", "30/", "/1", "abc", "1e2", "30fps", "999999999999/1", "''", "nan",
    ]
    .map { Wrong("--framerate \($0)") }
    + ["49", "100001", "2500k", "2.5", "''", "99999999999999999999"].map {
      Wrong("--bitrate \($0)")
    }
    + ["''", "lib/x264", "libx264;"].map { Wrong("--encoder \($0)") }
    + ["sideways", "''", "a.b"].map { Wrong("--preset \($0)") }
    + ["0", "0.09", "20.1", "1s", "nan", "inf", "1,5", ".5", "1.", "''", "1e0", "0.1234567"]
    .map { Wrong("--segment-duration \($0)") }
    + ["0.05", "x"].map { Wrong("--target-duration \($0)") }
    + ["0", "0.001", "20.1", "1.5"].map { Wrong("--part-duration \($0)") }
    + ["5", "0", "3601", "x", "6.0"].map { Wrong("--playlist-length \($0)") }
    + ["5"].map { Wrong("--window-size \($0)") }
    + ["7", "7201", "11"].map { Wrong("--max-files \($0)") }
    + ["0.1", "0.199", "31", "x"].map { Wrong("--hold-back \($0)") }
    + ["3601", "x", "21"].map { Wrong("--history \($0)") }
    + ["epochs", "1", "''", "Run"].map { Wrong("--numbering \($0)") }
    + ["0", "7201", "all"].map { Wrong("--timestamps \($0)") }
    + ["65536", "http", "80.0", "''"].map { Wrong("--http-port \($0)") }
    + ["''"].map { Wrong("--host \($0)") }
    + ["xml", "''", "JSON"].map { Wrong("--log-format \($0)") }
    + ["a/b", "a%20b", "é", "''", "x.m3u8", "x.mpd", "x.json", String(repeating: "n", count: 65)]
    .map { Wrong("--name \($0)") }
    + StreamName.reserved.sorted().map { Wrong("--name \($0)") }
    + ["/nonexistent.js", "/", "/dev/null"].map { Wrong("--hlsjs \($0)") }
    + [
      Wrong("--history 31 --max-files 30", flag: "--history", given: "\"31\""),
      Wrong("--playlist-length 20 --max-files 21"),
      Wrong("--segment-duration 0.5 --part-duration 0.6"),
      Wrong("--framerate 10 --hold-back 0.19", given: "\"0.19\""),
      Wrong("--encoder libx264 --preset p1"),
    ]

  @Test(
    "a wrong value is one line with flag, value and expected values", arguments: wrong)
  func wrongValue(_ row: Wrong) {
    let error = outcome(row.line).error
    #expect(error.hasPrefix("\(row.flag): ") && error.contains(row.given), "\(error)")
    #expect(error.hasSuffix(")"), "\(error)")
    #expect(!error.contains { $0.isNewline })
    let expected = error.split(separator: "(expected ").last ?? ""
    #expect(expected.count > 5, "\(error)")
  }

  @Test(
    "an unknown flag or argument is named",
    arguments: [
      ("--no-such-flag", "--no-such-flag: unknown option"), ("-x", "-x: unknown option"),
      ("--resolution", "--resolution: missing value (expected WIDTHxHEIGHT"),
      ("--test-src --name", "--name: missing value (expected 1–64"),
      ("--window-size", "--window-size: missing value (expected 6–3600)"),
      ("surplus", "\"surplus\": unexpected argument"),
      ("--test-src more", "\"more\": unexpected argument"),
      ("--res 640x360", "--res: unknown option"), ("--burn-clock=1", "--burn-clock"),
      (
        "--test-src --device /dev/video0",
        "--test-src and --device: cannot be combined (expected one source)"
      ),
    ])
  func wrongFlag(_ line: String, _ begins: String) {
    let error = outcome(line).error
    #expect(error.hasPrefix(begins), "\(error)")
    #expect(!error.contains { $0.isNewline })
  }

  @Test("without a flag the defaults hold")
  func defaults() throws {
    let definition = try #require(outcome("").configuration)
    let stream = try #require(definition.streams.first).configuration
    #expect(stream.source == .test && !stream.waitsForSource)
    #expect("\(stream.size) \(stream.segmentation.grid.rate)" == "1280x720 30")
    #expect(stream.segmentation.framesPerSegment == 30 && stream.segmentation.framesPerPart == 3)
    #expect(
      stream.renditions[0].bitrateKilobits == 2500 && stream.encoder == "libx264"
        && stream.preset == "superfast")
    #expect(stream.playlistLength == 10 && stream.retained == 20 && stream.prefill == 10)
    #expect(stream.numbering == .epoch && stream.name == "live")
    #expect(definition.streams[0].settings.timestamps == 20)
    #expect(definition.settings.host == "0.0.0.0" && definition.settings.plainPort == .port(8080))
    #expect(definition.settings.logFormat == .text && definition.settings.logLevel == .info)
    #expect(notes(definition).rounding == nil)
  }

  @Test("a flag works by each of its names, and the last one counts")
  func flags() throws {
    let line = """
      --device /dev/video3 --resolution 640x360 --framerate 30000/1001 --bitrate 700 \
      --preset ultrafast --burn-clock --target-duration 2 --part-duration=0.2 --window-size 12 \
      --retain 30 --hold-back 0.7 --history 0 --numbering run --name cam.1 --timestamps 5 \
      --host ::1 --http-port 0 --log-format json -v --name cam-2
      """
    let (found, error) = outcome(line)
    let definition = try #require(found, "\(error)")
    let stream = try #require(definition.streams.first).configuration
    #expect(stream.source == .camera(path: "/dev/video3"))
    #expect("\(stream.size) \(stream.segmentation.grid.rate)" == "640x360 30000/1001")
    #expect(
      stream.renditions[0].bitrateKilobits == 700 && stream.preset == "ultrafast"
        && stream.burnsClock)
    #expect(stream.segmentation.framesPerSegment == 60 && stream.segmentation.framesPerPart == 6)
    #expect(stream.playlistLength == 12 && stream.retained == 30 && stream.prefill == 0)
    let settings = try #require(definition.streams.first).settings
    #expect(settings.holdBack == .milliseconds(700))
    #expect(stream.numbering == .run && stream.name == "cam-2" && settings.timestamps == 5)
    #expect(definition.settings.host == "::1" && definition.settings.plainPort == .port(0))
    #expect(definition.settings.logFormat == .json && definition.settings.logLevel == .debug)
    #expect(notes(definition).rounding?.contains("2.002") == true)
  }

  @Test("the ends of a range belong to it")
  func limits() {
    for line in [
      "--resolution 64x64", "--resolution 7680x7680", "--framerate 1", "--framerate 120",
      "--framerate 29.97", "--bitrate 50", "--bitrate 100000",
      "--segment-duration 0.1 --part-duration 0.1",
      "--segment-duration 20 --part-duration 20", "--part-duration 0.01", "--playlist-length 3600",
      "--max-files 7200", "--playlist-length 6 --max-files 8 --history 8", "--hold-back 0.2",
      "--http-port 65535", "--name \(String(repeating: "n", count: 64))", "--name .a",
      "--name json",
      "--timestamps 7200", "--history 0",
    ] {
      let (found, error) = outcome(line)
      #expect(found != nil, "\(line): \(error)")
    }
  }

  @Test("a longer playlist is kept longer, and a window is never below three target durations")
  func derived() throws {
    #expect(
      outcome("--playlist-length 100").configuration?.streams[0].configuration.retained == 110)
    #expect(
      outcome("--segment-duration 0.1 --part-duration 0.1").configuration?.streams[0].configuration
        .playlistLength == 30)
    #expect(
      outcome("--segment-duration 0.1 --part-duration 0.1 --playlist-length 29").error.hasPrefix(
        "--playlist-length"))
  }

  @Test("the last action counts")
  func actions() throws {
    #expect(try action(["-h"]) == .printHelp(.usual))
    #expect(try action(["--help", "--check", "-h", "all"]) == .printHelp(.all))
    #expect(try action(["--version"]) == .printVersion)
    #expect(try action(["--list-devices"]) == .listCameras)
    #expect(try action([]) == .stream)
  }

  @Test("docs/command-line.md shows the same help; docs/update-help.py writes it")
  func document() throws {
    let root = (0..<3).reduce(URL(fileURLWithPath: #filePath)) { url, _ in
      url.deletingLastPathComponent()
    }
    let page = root.appendingPathComponent("docs/command-line.md")
    let text = try String(contentsOf: page, encoding: .utf8)
    #expect(text.contains("<!-- help -->\n```\n\(HelpText.text(.all))```\n<!-- /help -->"))
  }

  @Test("the help, made from the table")
  func help() {
    let all = HelpText.text(.all)
    Golden.expect(all, equals: "help.txt")
    #expect(all.split(separator: "\n").allSatisfy { $0.count <= 100 })
    for option in Option.table { #expect(all.contains("--\(option.name)")) }
  }

  private func action(_ arguments: [String]) throws -> ProgramSettings.Action {
    SettingsLayer(try CommandLineReader.entries(arguments)).program.action
  }

  private func notes(_ configuration: ValidatedConfiguration) -> StreamNotes {
    StreamNotes(configuration.streams[0].settings, configuration.streams[0].configuration)
  }
}
