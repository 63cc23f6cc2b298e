// SPDX-License-Identifier: Apache-2.0

import Packaging
package import Time

/// `streamer archive`: shows, checks and repairs the files of an archive, without a server.
package enum ArchiveCommand: Sendable {
  case help
  /// A line for each hour file.
  case list(Selection)
  /// A line for each fault.
  case check(Selection)
  /// Cuts torn tails, restores CMAF headers, and rebuilds the indexes.
  case repair(Selection)
  /// Writes the segments of a span to a file.
  case export(Selection, rendition: String, Range<WallTime>, output: String)
  /// Shows the clock by which hours are too old, or sets it to the wall clock.
  case clock(folder: String, isSet: Bool)
  /// Corrects the dates of media.
  case shift(Selection, Range<WallTime>, by: Interval)

  /// The first argument of the program.
  package static let name = "archive"

  /// The archive, or one stream of it.
  package struct Selection: Sendable {
    /// The path of the archive.
    package let folder: String
    /// The name of the stream; nil for all streams.
    package let stream: String?
  }

  /// Reads the arguments after the name of the command.
  ///
  /// - Parameter arguments: the action, the folder, and flags as `--flag value` or `--flag=value`.
  /// - Throws: an error for the first wrong argument.
  package init(_ arguments: [String]) throws(UsageError) {
    let given = try CommandArguments(arguments, of: Self.name, Self.options)
    guard !given.asksForHelp else {
      self = .help
      return
    }
    let words = given.words
    let values = Dictionary(given.options.map { ($0.flag, $0.value) }) { $1 }
    guard words.count == 2, Self.actions.contains(words[0]) else {
      let actions = Self.actions.dropLast().joined(separator: ", ")
      throw UsageError(
        .location(.flag(Self.name)), .value(words.joined(separator: " ")),
        expected: "\(actions) or \(Self.actions.last ?? ""), and the folder of the archive")
    }
    let stream = values["--stream"]
    if let stream, !StreamName.isValid(stream) {
      throw UsageError(.location(.flag("--stream")), .value(stream), expected: "a stream's name")
    }
    let selection = Selection(folder: words[1], stream: stream)
    switch words[0] {
    case "list": self = .list(selection)
    case "check": self = .check(selection)
    case "repair": self = .repair(selection)
    case "clock": self = .clock(folder: words[1], isSet: values["--set"] != nil)
    case "shift":
      _ = try Self.value("--stream", values, of: words[0])
      let span = try Self.span(values, of: words[0])
      let text = try Self.value("--by", values, of: words[0])
      let limit = Int64(1) << 33
      guard let seconds = Int64(text), seconds != 0, (-limit...limit).contains(seconds)
      else {
        throw UsageError(
          .location(.flag("--by")), .value(text), expected: "whole seconds, such as -86400")
      }
      self = .shift(selection, span, by: .seconds(seconds))
    default:
      _ = try Self.value("--stream", values, of: words[0])
      let rendition = try Self.value("--rendition", values, of: words[0])
      let span = try Self.span(values, of: words[0])
      let output = try Self.value("--output", values, of: words[0])
      self = .export(selection, rendition: rendition, span, output: output)
    }
  }

  /// The words after the name of the command.
  private static let actions = ["list", "check", "repair", "export", "clock", "shift"]

  /// The value of an option that an action needs.
  private static func value(
    _ flag: String, _ values: [String: String], of action: String
  ) throws(UsageError) -> String {
    guard let value = values[flag] else {
      throw UsageError(.location(.flag(flag)), .missingValue, expected: "\(action) needs it")
    }
    return value
  }

  /// The span of `--from` and `--to`.
  private static func span(
    _ values: [String: String], of action: String
  ) throws(UsageError) -> Range<WallTime> {
    func time(_ flag: String) throws(UsageError) -> WallTime {
      let text = try value(flag, values, of: action)
      guard let seconds = Int64(text), seconds >= 0, seconds < 1 << 33 else {
        throw UsageError(
          .location(.flag(flag)), .value(text), expected: "whole seconds since 1970")
      }
      return .origin + .seconds(seconds)
    }
    let (from, to) = (try time("--from"), try time("--to"))
    guard from < to else {
      throw UsageError(
        .location(.flag("--to")), .value(values["--to"] ?? ""), expected: "a time after --from")
    }
    return from..<to
  }

  /// The options, in the order of the help.
  static let options = [
    CommandOption(
      "--stream", "S", .text, help: "one stream (default: all; export and shift need one)"),
    CommandOption("--rendition", "R", .text, help: "the rendition that export writes"),
    CommandOption("--from", "T", .text, help: "the start of the span, in seconds since 1970"),
    CommandOption("--to", "T", .text, help: "the end of the span, in seconds since 1970"),
    CommandOption("--output", "FILE", .path, help: "the file that export writes"),
    CommandOption("--set", help: "clock: hours age by the wall clock from now on"),
    CommandOption("--by", "SECONDS", .text, help: "shift: how much later media is dated"),
  ]

  /// The command in one paragraph, for the manual page.
  static let summary =
    "streamer archive list|check|repair|export|clock|shift DIR works on the files of --archive "
    + "without a server. streamer archive --help lists its options."

  /// The help of the command.
  package static let helpText = """
    Works on the files of an archive, without a server.

    Usage: streamer archive list|check|repair DIR [--stream S]
           streamer archive export DIR --stream S --rendition R --from T --to T --output FILE
           streamer archive clock DIR [--set]
           streamer archive shift DIR --stream S --from T --to T --by SECONDS

    list    a line for each hour file
    check   walks all boxes, and prints what is wrong; exit status 1 if something is
    repair  cuts torn tails at the last whole chunk, restores CMAF headers, and rebuilds the indexes
    export  writes the segments of a span to one file
    clock   shows the clock by which hours are too old, beside the wall clock
    shift   corrects the dates of hours that a wrong clock has dated; no server may use DIR

    \(CommandOption.help(options))

    """
}
