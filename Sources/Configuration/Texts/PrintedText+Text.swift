// SPDX-License-Identifier: Apache-2.0

extension PrintedText {
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
