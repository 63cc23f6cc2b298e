// SPDX-License-Identifier: Apache-2.0

/// The manual pages, in the language of man(7), written from the option table.
enum ManualPage {
  /// `streamer(1)`.
  static func program(version: String) -> String {
    var page = header("STREAMER", section: 1, version: version)
    page += section("NAME", "streamer \\- live video with low latency over HTTP")
    page += """
      .SH SYNOPSIS
      .B streamer
      .RI [ source ]
      .RI [ options ]
      .br
      .B streamer
      .IR command " [ options ]"

      """
    page += section(
      "DESCRIPTION",
      """
      Encodes or repackages live video and serves it as LL-HLS, LL-DASH, chunked HLS and frames.
      The source is a camera, a network input, a file, a publisher or a test picture.
      With a file, one process serves several streams.
      The commands are described below.
      .B streamer \\-\\-help
      prints the usual options.
      """)
    for group in Option.Group.allCases {
      page += ".SH \(escaped("\(group.rawValue) options".uppercased()))\n"
      for option in Option.table where option.group == group { page += entry(option) }
    }
    page += section(
      "ENVIRONMENT",
      """
      The variable STREAMER_OPTION has the value of the option: STREAMER_PART_DURATION=0.2.
      Flags override variables, and variables override the file.
      """)
    page += section("TOKENS", escaped(TokenCommand.summary))
    page += section("PASSWORDS", escaped(PasswordCommand.summary))
    page += section("VALIDATE", escaped(ValidateCommand.summary))
    page += section("CANARY", escaped(CanaryCommand.summary))
    page += section("ARCHIVE", escaped(ArchiveCommand.summary))
    page += signals
    page += section(
      "EXIT STATUS",
      "0 after a stop, 1 after a failure, 2 if settings or a source of a flag are wrong.")
    return page + section("SEE ALSO", ".BR streamer.json (5)")
  }

  /// `streamer.json(5)`.
  static func file(version: String) -> String {
    var page = header("STREAMER.JSON", section: 5, version: version)
    page += section("NAME", "streamer.json \\- settings of streamer")
    page += section(
      "DESCRIPTION",
      """
      A JSON object. Each option of
      .BR streamer (1)
      is a key in camelCase.
      Comments, and a comma after the last element, are permitted.
      The key
      .B streams
      is a list of objects, one per stream; a key in such an object applies to that stream,
      and a key beside it to all streams.
      SIGHUP makes the program read the file again.
      """)
    page += ".SH KEYS OF STREAMS\n"
    page += ".TP\n\\fBname\\fR: a text\na label for people, in pages and in /api/streams\n"
    for option in Option.table where option.isKey && option.isForStream { page += key(option) }
    page += ".SH KEYS OF THE PROGRAM\n"
    for option in Option.table where option.isKey && !option.isForStream { page += key(option) }
    page += """
      .SH EXAMPLE
      .nf
      {
        "httpPort": 8080,
        "streams": [
          { "stream": "yard", "device": "/dev/video0" },
          { "stream": "gate", "input": "rtsp://192.0.2.10/main" }
        ]
      }
      .fi

      """
    return page + section("SEE ALSO", ".BR streamer (1)")
  }

  private static func header(_ name: String, section: Int, version: String) -> String {
    #".TH \#(name) \#(section) "" "streamer \#(escaped(version))" """# + "\n"
  }

  private static func section(_ title: String, _ text: String) -> String {
    ".SH \(title)\n\(text)\n"
  }

  private static let signals = """
    .SH SIGNALS
    .TP
    .BR SIGTERM ", " SIGINT
    end the streams for their players, and exit; a second one ends the program at once
    .TP
    .B SIGHUP
    read the file and the certificate again
    .TP
    .B SIGUSR1
    open the access log again
    .TP
    .B SIGUSR2
    exit without an end for players, for another process that continues

    """

  private static func entry(_ option: Option) -> String {
    var names = option.letter.map { [#"\-\#($0)"#] } ?? []
    names += ([option.name] + option.aliases).map { escaped("--" + $0) }
    let value = option.placeholder.map { #" \fI\#(escaped($0))\fR"# } ?? ""
    let flags = names.map { #"\fB\#($0)\fR\#(value)"# }.joined(separator: ", ")
    return ".TP\n\(flags)\n\(body(option))\n"
  }

  private static func key(_ option: Option) -> String {
    let value = option.expected.isEmpty ? "" : ": " + escaped(option.expected)
    // The flag --name is the address; the key of the same name is the label.
    let keys = option.name == "name" ? ["stream"] : option.keys
    return ".TP\n\\fB\(keys.joined(separator: "\\fR, \\fB"))\\fR\(value)\n\(body(option))\n"
  }

  private static func body(_ option: Option) -> String {
    escaped(option.help + (option.defaultText.map { " (default \($0))" } ?? ""))
  }

  /// Text in which no character has a meaning for man(7).
  static func escaped(_ text: String) -> String {
    let text = text.replacing("\\", with: #"\e"#).replacing("-", with: #"\-"#)
      .replacing("–", with: #"\(en"#)
    return text.hasPrefix(".") || text.hasPrefix("'") ? #"\&"# + text : text
  }
}
