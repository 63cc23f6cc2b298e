// SPDX-License-Identifier: Apache-2.0

/// `--help`, written from the option table.
package enum HelpText {
  private static let indent = 34
  private static let columns = 100

  /// The usual options, with a text of at most one line each, for a screen of 80 columns.
  package static let usual = [
    ("input", "a camera or stream: rtsp, srt, rtmp, udp, http, a file"),
    ("device", "a camera of this machine, such as /dev/video0"),
    ("rtmp", "accept publishers such as OBS by RTMP, on port 1935"),
    ("test-src", "a test pattern with a clock, the default"),
    ("audio", "tone, none, or a sound card; an input has its own"),
    ("resolution", "the size of the frames, such as 1280x720"),
    ("bitrate", "kilobits per second"),
    ("rendition", "one of several qualities: 1280x720@2500; best first"),
    ("http-port", "the port for HTTP (default 8080)"),
    ("self-signed", "HTTPS with a generated certificate"),
    ("archive", "a folder that keeps all media"),
    ("dvr", "how far viewers may go back in it, such as 4h"),
    ("config", "a JSON file with options as keys, and with streams"),
    ("check", "print the plan and mistakes, and exit; --explain: more"),
    ("probe", "print the properties of an input, and exit"),
  ]

  /// The text about a topic.
  package static func text(_ topic: HelpTopic) -> String {
    switch topic {
    case .usual: screen
    case .all: all
    case .part(let options, let command): part(options, command)
    }
  }

  private static let screen: String = {
    let margin = 22
    func row(_ head: String, _ text: String) -> String {
      "  " + head + String(repeating: " ", count: max(1, margin - head.count)) + text + "\n"
    }
    let options = usual.map { name, text in
      guard let option = Option.named(name) else { return "" }
      let letter = option.letter.map { "-\($0), " } ?? ""
      return row(letter + "--" + name + (option.placeholder.map { " " + $0 } ?? ""), text)
    }
    return """
      streamer: live video with low latency: LL-HLS, LL-DASH, and a player page.

      Usage: streamer [options]            serves http://localhost:8080/
             streamer COMMAND [options]    see streamer COMMAND --help

      Commands:
      \(Command.all.map { row($0.name, $0.brief) }.joined())
      Usual options:
      \(options.joined())
      More: --help all, --help OPTION, --help COMMAND, or --help with one of
      \(Option.Group.allCases.map { $0.rawValue.lowercased() }.joined(separator: ", "))

      """
  }()

  private static let all: String = {
    var out = """
      streamer: live video with low latency: LL-HLS, LL-DASH, chunked HLS, and a player page.

      Usage: streamer [source] [options]
             streamer COMMAND [options]: \(Command.all.map(\.name).joined(separator: ", "))
             streamer COMMAND --help

      """
    for group in Option.Group.allCases {
      out += "\n\(group.rawValue):\n"
      for option in Option.table where option.group == group { out += entry(option) }
    }
    return out + """

      Each option is also a key of the file (partDuration) and a variable (STREAMER_PART_DURATION).
      Flags override variables, variables override the file. All users of the machine can read
      flags: give secrets by the file or by variables, which only the user of the program can read.

      Play http://localhost:8080/ in a browser, /live.m3u8 in any player.

      """
  }()

  private static func part(_ names: [String], _ command: String?) -> String {
    let command = Command.all.first { $0.name == command }
    guard !names.isEmpty else { return command?.helpText ?? "" }
    let margin = String(repeating: " ", count: indent)
    let entries = names.compactMap(Option.named).map { option in
      let values = option.expected.isEmpty ? [] : ["values: \(option.expected)"]
      let key = option.keys.first.map { ["key: \($0)"] } ?? []
      let words = (values + key).joined(separator: "; ").split(separator: " ").map(String.init)
      let more = WordWrap.lines(words, columns: columns - indent).filter { !$0.isEmpty }
      return entry(option) + more.map { margin + $0 + "\n" }.joined()
    }
    let hint = command.map { "\nThe command streamer \($0.name): see --help of it.\n" } ?? ""
    return entries.joined() + hint
  }

  private static func entry(_ option: Option) -> String {
    var flags = "  " + (option.letter.map { "-\($0), " } ?? "") + "--" + option.name
    if let placeholder = option.placeholder { flags += " " + placeholder }
    for alias in option.aliases { flags += ", --\(alias)" }
    var words = option.help.split(separator: " ").map(String.init)
    if let text = option.defaultText { words.append("(default \(text))") }
    let margin = String(repeating: " ", count: indent)
    let body =
      WordWrap.lines(words, columns: columns - indent).joined(separator: "\n" + margin) + "\n"
    guard flags.count < indent else { return flags + "\n" + margin + body }
    return flags + margin.dropFirst(flags.count) + body
  }
}
