// SPDX-License-Identifier: Apache-2.0

/// A text for a package, written from the option table.
package enum PrintedText: String, CaseIterable, Sendable {
  /// The manual page `streamer(1)`.
  case man
  /// The manual page `streamer.json(5)`.
  case manJSON = "man-json"
  /// The completion of bash.
  case bash
  /// The completion of zsh.
  case zsh
  /// A file of settings with all keys in comments.
  case json

  /// The text; `version` is that of the program.
  package func text(version: String) -> String {
    switch self {
    case .man: ManualPage.program(version: version)
    case .manJSON: ManualPage.file(version: version)
    case .bash: Completion.bash
    case .zsh: Completion.zsh
    case .json: SampleFile.text
    }
  }
}
