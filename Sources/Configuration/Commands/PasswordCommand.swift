// SPDX-License-Identifier: Apache-2.0

/// `streamer password`: asks for a password, and prints the hash for `--viewer-password`.
package enum PasswordCommand: Sendable {
  case help
  case hash

  /// The first argument of the program.
  package static let name = "password"
  /// The options, in the order of the help: none.
  static let options: [CommandOption] = []

  /// Reads the arguments after the name of the command.
  ///
  /// - Throws: an error for any argument but `--help`: process lists show a password in arguments.
  package init(_ arguments: [String]) throws(UsageError) {
    let given = try CommandArguments(arguments, of: Self.name, Self.options)
    guard !given.asksForHelp else {
      self = .help
      return
    }
    guard given.words.isEmpty else {
      throw UsageError(
        .other("streamer password"), .problem("takes no argument"),
        expected: "the password on standard input, since process lists show arguments")
    }
    self = .hash
  }

  /// The command in one paragraph, for the manual page.
  static let summary =
    "streamer password asks twice for a password, without showing it, and prints its hash for "
    + "--viewer-password; if standard input is no terminal, its first line is the password."

  /// The text of `streamer password --help`.
  package static let helpText = """
    Asks twice for a password, without showing it, and prints its hash for --viewer-password. If
    standard input is no terminal, its first line is the password.

    Usage: streamer password

    """
}
