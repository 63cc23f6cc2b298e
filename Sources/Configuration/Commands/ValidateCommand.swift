// SPDX-License-Identifier: Apache-2.0

import Checked
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
  /// Tries the cache of an edge.
  case edge(EdgeRequest)

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

  /// An edge, and whether requests may be sent that could change answers of its cache.
  package struct EdgeRequest: Sendable {
    package var address: WebAddress
    /// Whether the unusual requests are sent, too.
    package var isOwn = false
    /// The stream below which they are sent; nil: a random name.
    package var stream: String?
    package var isJSON = false
    /// The file for JUnit; nil for none.
    package var junitFile: String?
    /// The certificates that the edge may have.
    package var trust = ServerTrust.system
  }

  /// The first argument that selects the command.
  package static let name = "validate"

  /// The options, in the order of the help.
  static let options = [
    CommandOption(
      "--seconds", "S", .text, help: "how long each URL is followed, 1–86400 (default 30)"),
    CommandOption(
      "--edge", "URL", .text,
      help: "in place of URLs to follow: try the cache of an edge at this playlist or MPD, by at "
        + "most 200 requests, 10 per second; reads only, as players do: with and without gzip, by "
        + "HEAD, by _HLS_msn, _HLS_part and _HLS_skip of the live edge"),
    CommandOption(
      "--i-run-this-edge",
      help: "with --edge: also send each request of deploy/edge/cases.json, which may put a wrong "
        + "answer into a faulty cache, below the stream of --edge-stream, and ask as a viewer "
        + "afterwards"),
    CommandOption(
      "--edge-stream", "S", .text,
      help: "with --i-run-this-edge: a stream without viewers that the server has for this "
        + "purpose, whose name begins with edge-check (default: a random name, for which all "
        + "viewers get 404: finds less)"),
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
    if let edge = given.options.last(where: { $0.flag == "--edge" }) {
      self = .edge(try EdgeRequest(edge.value, given))
      return
    }
    for (flag, _) in given.options where Self.edgeFlags.contains(flag) {
      throw UsageError(
        .location(.flag(flag)), .problem("no edge"), expected: "--edge URL beside it")
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

  /// The options that need `--edge`.
  private static let edgeFlags = ["--i-run-this-edge", "--edge-stream"]

  /// The command in one paragraph, for the manual page.
  static let summary =
    "streamer validate URL follows an LL-HLS, HLS or LL-DASH stream of any origin, directly or "
    + "through a cache, and reports each rule that it breaks, with its clause. With --edge URL it "
    + "tries a cache by requests that the cache and the server could read differently. "
    + "streamer validate --help lists its options."

  package static let helpText = """
    Follows streams of any origin like a player, directly or through caches, and reports each rule
    that playlists, MPDs, responses or media break, with the clause of the specification.

    Usage: streamer validate [options] URL...
           streamer validate --edge URL [options]

    A URL is that of a Multivariant Playlist, a Media Playlist or an MPD.

    \(CommandOption.help(options))

    The status is 1 if a stream cannot be followed, an edge cannot be tried, or a rule of the level
    must is broken.

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

extension ValidateCommand.EdgeRequest {
  /// - Parameters:
  ///   - url: the value of `--edge`.
  ///   - given: all arguments.
  /// - Throws: an error for the first wrong argument.
  fileprivate init(_ url: String, _ given: CommandArguments) throws(UsageError) {
    guard let address = WebAddress(url, longest: 8192) else {
      throw UsageError(
        .location(.flag("--edge")), .value(url),
        expected: "an http or https URL without a password")
    }
    self.address = address
    guard given.words.isEmpty else {
      throw UsageError(
        .other("streamer validate"), .problem("\(given.words.count) addresses beside --edge"),
        expected: "none")
    }
    for (flag, value) in given.options { try set(flag, value) }
    guard stream == nil || isOwn else {
      throw UsageError(
        .location(.flag("--edge-stream")), .problem("only reading"),
        expected: "--i-run-this-edge beside it")
    }
  }

  /// The start of each name of a stream of unusual requests, so that no stream with viewers is
  /// named by mistake.
  private static let streamPrefix = "edge-check"

  private mutating func set(_ flag: String, _ value: String) throws(UsageError) {
    switch flag {
    case "--edge": break
    case "--i-run-this-edge": isOwn = true
    case "--edge-stream":
      guard NameCharacters.isName(value), value != ".", value != ".." else {
        throw UsageError(
          .location(.flag(flag)), .value(value), expected: "1–64 letters, digits and . _ -")
      }
      guard value.hasPrefix(Self.streamPrefix) else {
        throw UsageError(
          .location(.flag(flag)), .value(value),
          expected: "a stream without viewers whose name begins with \(Self.streamPrefix)")
      }
      stream = value
    case "--json": isJSON = true
    case "--junit": junitFile = try CommandOption.notEmpty(flag, value.isEmpty ? nil : value)
    case "--verify": trust = try CommandOption.notEmpty(flag, ServerTrust(value))
    default:
      throw UsageError(
        .location(.flag(flag)), .problem("no stream is followed"), expected: "no \(flag)")
    }
  }
}
