// SPDX-License-Identifier: Apache-2.0

/// The subject of `--help`.
package enum HelpTopic: Sendable, Equatable {
  /// The usual options and the commands: one screen.
  case usual
  /// All options.
  case all
  /// The options of these names, and a command; one of both is there.
  case part(options: [String], command: String?)
}
