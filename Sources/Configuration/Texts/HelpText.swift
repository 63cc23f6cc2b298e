// SPDX-License-Identifier: Apache-2.0

/// `--help`, written from the option table.
package enum HelpText {
  private static let indent = 34
  private static let columns = 100

  package static var text: String {
    var out = """
      streamer: live video with low latency: LL-HLS, LL-DASH, chunked HLS, and a player page.

      Usage: streamer [source] [options]
             streamer token --stream S [options]: print a playback token, see streamer token --help
             streamer password: print the hash of a password for --viewer-password

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
