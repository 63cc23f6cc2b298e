// SPDX-License-Identifier: Apache-2.0

/// An option of a command such as `streamer token` as data.
///
/// The help of the command and the completions of shells are written from it.
struct CommandOption: Sendable {
  /// The form of its value, for completion.
  enum Form: Sendable {
    case none
    case text
    case path
    case choice([String])
    /// One of these words, or a path.
    case choiceOrPath([String])
  }

  /// The flag with its dashes.
  let flag: String
  /// The name of the value in the help; nil for a flag without a value.
  let placeholder: String?
  let form: Form
  let help: String

  /// - Parameters:
  ///   - flag: the flag with its dashes.
  ///   - placeholder: the name of the value; nil for a flag without one.
  ///   - form: the form of the value.
  ///   - help: the line of the help, which is wrapped.
  init(_ flag: String, _ placeholder: String? = nil, _ form: Form = .none, help: String) {
    (self.flag, self.placeholder, self.form, self.help) = (flag, placeholder, form, help)
  }

  /// The certificates that servers may have, for commands that follow streams.
  static let verify = CommandOption(
    "--verify", "WHAT", .choiceOrPath(["system", "none"]),
    help: "certificates of https servers: system (those of the system's authorities), the path "
      + "of a PEM file with other ones, or none (not verified) (default system)")

  /// The value of an option, which is nil for an empty one.
  static func notEmpty<Value>(_ flag: String, _ value: Value?) throws(UsageError) -> Value {
    guard let value else { throw UsageError(.location(.flag(flag)), .missingValue) }
    return value
  }

  /// A whole number of seconds within `range`.
  static func seconds(
    _ flag: String, _ value: String, _ range: ClosedRange<Int64>
  ) throws(UsageError) -> Int64 {
    guard let seconds = Int64(value), range.contains(seconds) else {
      throw UsageError(
        .location(.flag(flag)), .value(value),
        expected: "\(range.lowerBound)–\(range.upperBound) seconds")
    }
    return seconds
  }

  /// The part of a command's help about its options.
  static func help(_ options: [CommandOption]) -> String {
    let flags = options.map { "  " + $0.flag + ($0.placeholder.map { " " + $0 } ?? "") }
    // bounded: lengths of the texts of the tables
    let indent = (flags.map(\.count).max() ?? 0) + 2
    let margin = String(repeating: " ", count: indent)
    return zip(flags, options).map { flag, option in
      let words = option.help.split(separator: " ").map(String.init)
      let body = WordWrap.lines(words, columns: 100 - indent)
      return flag + margin.dropFirst(flag.count) + body.joined(separator: "\n" + margin)
    }.joined(separator: "\n")
  }
}
