// SPDX-License-Identifier: Apache-2.0

/// The arguments after the name of a command, divided into words and options.
///
/// An option has its value after `=`, or as the next argument.
struct CommandArguments {
  /// Whether the help is asked for; later arguments are not read then.
  private(set) var asksForHelp = false
  /// The arguments that are no options.
  private(set) var words: [String] = []
  /// The options in their order; without a placeholder an option has an empty value.
  private(set) var options: [(flag: String, value: String)] = []

  /// The name of the command.
  private let command: String

  /// Reads arguments.
  ///
  /// - Parameters:
  ///   - arguments: the arguments.
  ///   - command: the name of the command.
  ///   - table: its options.
  /// - Throws: an error for the first unknown option, or without its value.
  init(
    _ arguments: [String], of command: String, _ table: [CommandOption]
  ) throws(UsageError) {
    self.command = command
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      guard argument.hasPrefix("-") else {
        words.append(argument)
        continue
      }
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let flag = String(parts.first ?? "")
      if argument == "--help" || argument == "-h" {
        asksForHelp = true
        return
      }
      let option = table.first { $0.flag == flag }
      guard let option, option.placeholder != nil || parts.count == 1 else {
        let hint = NearestName.hint(for: flag, among: table.map(\.flag) + ["--help"])
        throw UsageError(
          .location(.flag(flag)), .problem(OptionText("unknown option" + hint)),
          expected: "an option of streamer \(command) --help")
      }
      guard option.placeholder != nil else {
        options.append((flag, ""))
        continue
      }
      guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst() else {
        throw UsageError(.location(.flag(flag)), .missingValue)
      }
      options.append((flag, value))
    }
  }

  /// Requires 1–64 words, the addresses of `what`.
  func requireAddresses(_ what: String) throws(UsageError) {
    guard !(1...64).contains(words.count) else { return }
    throw UsageError(
      .other("streamer \(command)"), .problem("\(words.count) addresses"),
      expected: "1–64 addresses of \(what)")
  }
}
