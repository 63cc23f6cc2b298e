// SPDX-License-Identifier: Apache-2.0

import Configuration
import Testing

@Suite("Topics of --help")
struct HelpTopicTests {
  private func topic(_ arguments: String...) throws -> HelpTopic? {
    let program = SettingsLayer(try CommandLineReader.entries(arguments)).program
    guard case .printHelp(let topic) = program.action else { return nil }
    return topic
  }

  @Test("--help is one screen: the commands and fifteen options")
  func screen() throws {
    let text = HelpText.text(try #require(try topic("--help")))
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count <= 34 && lines.allSatisfy { $0.count <= 80 }, "\(text)")
    #expect(HelpText.usual.count == 15)
    for (name, _) in HelpText.usual {
      #expect(Option.table.contains { $0.name == name } && text.contains("--\(name)"), "\(name)")
    }
    for name in ["token", "validate", "canary", "archive"] {
      #expect(text.contains("\n  \(name) "), "\(name)")
    }
  }

  @Test(
    "a section, a part of names, a name, a key, a command",
    arguments: [
      ("limits", ["--max-connections", "values: 1–1000000"], ["--bitrate"]),
      ("publish", ["--publish WHO", "--publish-key", "--on-publish"], ["--bitrate"]),
      ("bitrate", ["--bitrate K", "values: 50–100000; key: bitrate"], ["--preset"]),
      ("partDuration", ["--part-duration S"], ["--bitrate"]),
      ("window-size", ["--playlist-length N, --window-size"], ["--bitrate"]),
      ("validate", ["Usage: streamer validate"], ["--bitrate"]),
      ("archive", ["--archive-keep", "streamer archive"], ["--bitrate"]),
      ("ALL", ["--bitrate", "--max-connections"], ["values:"]),
    ])
  func topics(name: String, has: [String], lacks: [String]) throws {
    let text = HelpText.text(try #require(try topic("--help", name)))
    for word in has { #expect(text.contains(word), "\(word) in \(text)") }
    for word in lacks { #expect(!text.contains(word), "\(word) in \(text)") }
  }

  @Test("each word of the completion is a topic; another one is an error with the topics")
  func unknown() throws {
    for word in HelpTopic.words { #expect(HelpTopic(word) != nil, "\(word)") }
    let error = #expect(throws: UsageError.self) { try topic("--help", "colour") }
    let beginning = "--help: invalid value \"colour\" (expected all, "
    #expect(error?.description.hasPrefix(beginning) == true)
  }

  @Test("a typing error in a command or in its options has a hint")
  func hints() throws {
    #expect(
      outcome("valdate http://h/").error
        == "\"valdate\": unexpected argument; did you mean \"validate\"? (expected a flag, see "
        + "--help)")
    let error = #expect(throws: UsageError.self) {
      try ValidateCommand(["--secnods", "3", "http://h/"])
    }
    #expect(error?.description.contains("; did you mean \"--seconds\"?") == true)
  }
}
