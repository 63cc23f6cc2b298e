// SPDX-License-Identifier: Apache-2.0

/// A command as data: a first argument of the program that starts no server.
struct Command: Sendable {
  let name: String
  /// The line of `--help`.
  let brief: String
  let helpText: String

  /// All commands, in the order of `--help`.
  static let all = [
    Command(
      name: TokenCommand.name, brief: "print the token of a link for viewers or publishers",
      helpText: TokenCommand.helpText),
    Command(
      name: PasswordCommand.name, brief: "print the hash of a password for viewers",
      helpText: PasswordCommand.helpText),
    Command(
      name: ValidateCommand.name, brief: "check an HLS or DASH stream of any origin or cache",
      helpText: ValidateCommand.helpText),
    Command(
      name: CanaryCommand.name, brief: "watch streams: age of media, stalls, errors",
      helpText: CanaryCommand.helpText),
    Command(
      name: ArchiveCommand.name, brief: "list, check, repair and export an archive",
      helpText: ArchiveCommand.helpText),
  ]
}
