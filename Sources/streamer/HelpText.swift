// SPDX-License-Identifier: Apache-2.0

/// `--help`, made from the option table.
enum HelpText {
  static var text: String {
    var out = """
      streamer: live video for players at the lowest latency: LL-HLS, LL-DASH, chunked HLS, a player page.

      Usage: streamer [source] [options]

      """
    for group in Option.Group.allCases {
      out += "\n\(group.rawValue):\n"
      for option in Option.table where option.group == group { out += line(option) }
    }
    return out + "\nPlay http://localhost:8080/ in a browser, /live.m3u8 in any player.\n"
  }

  private static func line(_ option: Option) -> String {
    let value = option.placeholder.map { " " + $0 } ?? ""
    var flag = "  " + (option.letter.map { "-\($0), " } ?? "") + "--" + option.name + value
    if let alias = option.alias { flag += ", --\(alias)" }
    let width = 34
    if flag.count >= width {
      return flag + "\n" + String(repeating: " ", count: width) + option.help + "\n"
    }
    return flag + String(repeating: " ", count: width - flag.count) + option.help + "\n"
  }
}
