// SPDX-License-Identifier: Apache-2.0

package import Net

/// `streamer validate`: checks the streams of any origin by the rules of their specifications.
package enum ValidateCommand: Sendable {
  /// Prints how the command is used.
  case help
  /// Prints all rules.
  case rules
  /// Follows streams without an end and prints the ages of their media: `streamer canary`, with
  /// these arguments.
  case watch([String])
  case follow(Request)

  /// The addresses, and the form of the findings.
  package struct Request: Sendable {
    /// The addresses, not yet checked.
    package var urls: [String] = []
    /// How long each address is followed, in seconds.
    package var seconds: Int64 = 30
    package var isJSON = false
    /// The file for JUnit; nil for none.
    package var junitFile: String?
    /// The certificates that servers may have.
    package var trust = ServerTrust.system
  }

  /// The first argument that selects the command.
  package static let name = "validate"

  /// The options, in the order of the help.
  static let options = [
    CommandOption(
      "--seconds", "S", .text, help: "how long each URL is followed, 1–86400 (default 30)"),
    CommandOption("--json", help: "one JSON object per URL"),
    CommandOption("--junit", "PATH", .path, help: "a file for the results as JUnit"),
    .verify,
    CommandOption("--rules", help: "print all rules with their clauses"),
    CommandOption(
      "--watch",
      help: "follow without an end, print the ages of media and rules when they are broken; takes "
        + "the options of streamer canary, which is the same command"),
  ]

  /// Reads the arguments after the name of the command.
  ///
  /// - Throws: an error for the first wrong argument.
  package init(_ arguments: [String]) throws(UsageError) {
    if arguments.contains("--watch") {
      self = .watch(arguments.filter { $0 != "--watch" })
      return
    }
    let given = try CommandArguments(arguments, of: Self.name, Self.options)
    guard !given.asksForHelp else {
      self = .help
      return
    }
    guard !given.options.contains(where: { $0.flag == "--rules" }) else {
      self = .rules
      return
    }
    var request = Request()
    request.urls = given.words
    for (flag, value) in given.options { try request.set(flag, value) }
    try given.requireAddresses("playlists or MPDs")
    for url in request.urls {
      guard WebAddress(url, longest: 8192, permitsUserInfo: true) != nil else {
        throw UsageError(
          .other("streamer validate"), .value(url), expected: "an http or https URL")
      }
    }
    self = .follow(request)
  }

  /// The command in one paragraph, for the manual page.
  static let summary =
    "streamer validate URL follows an LL-HLS, HLS or LL-DASH stream of any origin, directly or "
    + "through a cache, and reports each rule that it breaks, with its clause. "
    + "streamer validate --help lists its options."

  package static let helpText = """
    Follows streams of any origin like a player, directly or through caches, and reports each rule
    that playlists, MPDs, responses or media break, with the clause of the specification.

    Usage: streamer validate [options] URL...

    A URL is that of a Multivariant Playlist, a Media Playlist or an MPD.

    \(CommandOption.help(options))

    The status is 1 if a stream cannot be followed, or breaks a rule of the level must.

    """
}

extension ValidateCommand.Request {
  fileprivate mutating func set(_ flag: String, _ value: String) throws(UsageError) {
    switch flag {
    case "--seconds": seconds = try CommandOption.seconds(flag, value, 1...86_400)
    case "--json": isJSON = true
    case "--junit": junitFile = try CommandOption.notEmpty(flag, value.isEmpty ? nil : value)
    default: trust = try CommandOption.notEmpty(flag, ServerTrust(value))
    }
  }
}
