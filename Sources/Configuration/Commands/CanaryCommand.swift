// SPDX-License-Identifier: Apache-2.0

import Logging
package import Net
package import Time

/// The command that follows streams and prints the ages of their media: `streamer canary`.
package enum CanaryCommand: Sendable {
  /// Prints how the command is used.
  case help
  case follow(Request)

  /// What is followed, and how the figures are given out.
  package struct Request: Sendable {
    /// The addresses, not yet checked.
    package var urls: [String] = []
    /// Between two lines of an address.
    package var interval = Interval.seconds(10)
    /// Nil: until a signal.
    package var duration: Interval?
    package var isJSON = false
    /// The clock of the ages, not yet checked; nil: the best one that the media have.
    package var clock: String?
    /// The file of metrics; nil for none.
    package var metricsFile: String?
    /// The certificates that servers may have.
    package var trust = ServerTrust.system
  }

  /// The first argument that selects the command.
  package static let name = "canary"

  /// The options, in the order of the help.
  static let options = [
    CommandOption(
      "--interval", "S", .text, help: "seconds between two lines of a URL, 1–3600 (default 10)"),
    CommandOption(
      "--seconds", "S", .text, help: "the duration, 1–31536000 (default: until a signal)"),
    CommandOption("--json", help: "one JSON object per line"),
    CommandOption(
      "--clock", "WHAT", .choice(["prft", "pdt", "burned"]),
      help: "when media were captured: prft (of each chunk), pdt (EXT-X-PROGRAM-DATE-TIME, of each "
        + "part; URLs that end in .m3u8) or burned (the burned clock of each decoded frame of "
        + "H.264 or HEVC) (default prft, or pdt if the media of a .m3u8 URL have none)"),
    .verify,
    CommandOption(
      "--metrics-file", "PATH", .path,
      help: "a file for Prometheus' node exporter, replaced after each interval"),
  ]

  /// Reads the arguments after the name of the command.
  ///
  /// - Throws: an error for the first wrong argument.
  package init(_ arguments: [String]) throws(UsageError) {
    let given = try CommandArguments(arguments, of: Self.name, Self.options)
    guard !given.asksForHelp else {
      self = .help
      return
    }
    var request = Request()
    request.urls = given.words
    for (flag, value) in given.options { try request.set(flag, value) }
    try given.requireAddresses("streams")
    self = .follow(request)
  }

  /// The error for an address that names no stream.
  package static func wrongAddress(_ url: String) -> UsageError {
    UsageError(
      .other("streamer canary"), .value(url),
      expected: "an http or https URL that ends in .m3u8, .mpd or /")
  }

  /// The error for an unknown clock.
  package static func wrongClock(_ name: String) -> UsageError {
    UsageError(.location(.flag("--clock")), .value(name), expected: "prft, pdt or burned")
  }

  /// The error for an address without the times of the requested clock.
  package static func missingClock(_ name: String, _ url: String) -> UsageError {
    UsageError(
      .location(.flag("--clock")), .problem("\(name) of \(Redaction.redact(url))"),
      expected: "a URL that ends in .m3u8")
  }

  /// The error for certificates that cannot be loaded.
  package static func wrongTrust(_ trust: ServerTrust, _ error: TLSError) -> UsageError {
    UsageError(
      .location(.flag("--verify")), .value("\(trust)"),
      expected: "system, none, or a PEM file of certificates: \(error)")
  }

  /// The command in one paragraph, for the manual page.
  static let summary =
    "streamer canary URL follows a stream like a player, directly or through a cache, and prints "
    + "the ages of its media, stalls, errors and broken rules. streamer canary --help lists its "
    + "options."

  package static let helpText = """
    Follows streams like players, directly or through caches, and prints the ages of their media:
    the time from the capture of the first frame of a chunk to its last byte here. Each rule that a
    stream breaks is a line on standard error, as of streamer validate.

    Usage: streamer canary [options] URL...

    A URL ends in .m3u8 (parts of LL-HLS by their preload hints, or segments), .mpd (segments), or /
    (the frame stream of a stream page). Clocks of both machines must be synchronised.

    \(CommandOption.help(options))

    The status is 1 if a URL had no media in the last interval.

    """
}

extension CanaryCommand.Request {
  fileprivate mutating func set(_ flag: String, _ value: String) throws(UsageError) {
    switch flag {
    case "--interval": interval = .seconds(try CommandOption.seconds(flag, value, 1...3600))
    case "--seconds": duration = .seconds(try CommandOption.seconds(flag, value, 1...31_536_000))
    case "--json": isJSON = true
    case "--clock": clock = value
    case "--verify": trust = try CommandOption.notEmpty(flag, ServerTrust(value))
    default: metricsFile = try CommandOption.notEmpty(flag, value.isEmpty ? nil : value)
    }
  }
}
