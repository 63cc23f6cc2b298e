// SPDX-License-Identifier: Apache-2.0

/// A file of settings that runs the test picture, with every key in comments.
enum SampleFile {
  static let text: String = {
    var out = """
      // Settings of streamer: see streamer.json(5). SIGHUP (systemctl reload streamer) reads them
      // again. `streamer -c FILE --check` prints what would run.
      {
        "streams": [
          { "stream": "live", "testSrc": true },
          // { "stream": "yard", "device": "/dev/video0" },
          // { "stream": "gate", "input": "rtsp://user:password@192.0.2.10/main" },
        ],

      """
    for group in Option.Group.allCases {
      let options = Option.table.filter { $0.group == group && $0.isKey && !isOfStreams($0) }
      guard !options.isEmpty else { continue }
      out += "\n  // \(group.rawValue)\n"
      for option in options { out += entry(option) }
    }
    return out + "}\n"
  }()

  /// Whether the key is in the objects of `streams` only.
  private static func isOfStreams(_ option: Option) -> Bool {
    option.describesOneStream || option.name == "name"
  }

  private static func entry(_ option: Option) -> String {
    let help = WordWrap.lines(option.help.split(separator: " ").map(String.init), columns: 93)
      .map { "  // \($0)\n" }.joined()
    let quoted: Bool
    switch option.form {
    case .number, .boolean: quoted = false
    case .text, .choice, .path, .input, .hashOrPath: quoted = true
    }
    let value = option.defaultText ?? (option.form == .boolean ? "false" : "")
    // A default in words is not a value.
    guard !value.contains(" "), let key = option.keys.first, !option.isSecret,
      option.change(value) != nil
    else {
      return help + "  // \"\(option.keys.first ?? "")\": …\n"
    }
    return help + "  // \"\(key)\": \(quoted ? "\"\(value)\"" : value),\n"
  }
}
