// SPDX-License-Identifier: Apache-2.0

import Configuration
import Foundation
import Logging
import Streams
import Testing
import Time

@Suite("The environment: STREAMER_<OPTION>")
struct EnvironmentTests {
  @Test("it overrides the file, and flags override it")
  func precedence() throws {
    let folder = try Folder([
      "config.json": """
      {"preset": "fast", "testSrc": true,
       "streams": [{"stream": "a", "bitrate": 1000, "playlistLength": 9}]}
      """
    ])
    let environment = [
      "STREAMER_BITRATE": "700", "STREAMER_PLAYLIST_LENGTH": "8", "STREAMER_LOG_LEVEL": "Warning",
    ]
    let (found, error) = folder.outcome(
      "config.json", ["--playlist-length", "7"], environment: environment)
    let definition = try #require(found, "\(error)")
    let stream = definition.streams[0].configuration
    #expect(stream.renditions.map(\.bitrateKilobits) == [700])
    #expect(stream.playlistLength == 7 && stream.preset == "fast")
    #expect(definition.settings.logLevel == .warning)
  }

  @Test("it can name the file; an empty variable counts as absent")
  func file() throws {
    let folder = try Folder(["c.json": #"{"stream": "cam", "httpPort": 0}"#])
    let environment = ["STREAMER_CONFIG": folder.path + "/c.json", "STREAMER_BITRATE": ""]
    let (found, error) = outcome("", environment: environment)
    #expect(try #require(found, "\(error)").streams[0].configuration.name == "cam")
    let missing = outcome("", environment: ["STREAMER_CONFIG": "none.json"]).error
    #expect(missing.hasPrefix(#"STREAMER_CONFIG: cannot read "none.json""#), "\(missing)")
  }

  @Test("errors name the variable")
  func errors() {
    let cases = [
      (
        ["STREAMER_PART_DURATION": "9s"],
        #"STREAMER_PART_DURATION: invalid value "9s" (expected 0.01–20 seconds)"#
      ),
      (
        ["STREAMER_MAX_FILES": "9"],
        #"STREAMER_MAX_FILES: invalid value "9" "#
          + "(expected at least two more than --playlist-length, 10)"
      ),
      (
        ["STREAMER_PLAYLIST_LENGTH": "9", "STREAMER_WINDOW_SIZE": "9"],
        "STREAMER_PLAYLIST_LENGTH and STREAMER_WINDOW_SIZE: cannot be combined "
          + "(expected one of them)"
      ),
    ]
    for (environment, text) in cases {
      #expect(outcome("", environment: environment).error == text)
    }
  }

  @Test("a ladder is a list with spaces; a comma in a number is a point")
  func forms() throws {
    let environment = [
      "STREAMER_RENDITION": "640x360@900 320x180@300", "STREAMER_SEGMENT_DURATION": "0,5",
      "STREAMER_BURN_CLOCK": "True",
    ]
    let (found, error) = outcome("", environment: environment)
    let stream = try #require(found, "\(error)").streams[0]
    #expect(stream.configuration.renditions.map(\.bitrateKilobits) == [900, 300])
    #expect(stream.settings.segmentDuration == .milliseconds(500) && stream.settings.burnsClock)
  }

  @Test("an unknown variable is a warning")
  func unknown() throws {
    let merged = try MergedSettings([], environment: ["STREAMER_COLOUR": "red", "HOME": "/"])
    #expect(merged.warnings == ["STREAMER_COLOUR: unknown variable, ignored"])
  }

  @Test("a source in the environment excludes a file that lists streams")
  func source() throws {
    let folder = try Folder(["config.json": #"{"streams": [{"stream": "a", "testSrc": true}]}"#])
    let error = folder.outcome(environment: ["STREAMER_INPUT": "x.ts"]).error
    #expect(error == "STREAMER_INPUT: cannot be combined with config.json, which lists streams")
  }
}
