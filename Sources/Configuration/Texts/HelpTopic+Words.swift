// SPDX-License-Identifier: Apache-2.0

extension HelpTopic {
  /// The value of `--help` without a topic.
  static let usualName = "usual"

  /// The words of topics other than names of options.
  package static let words =
    ["all"] + Option.Group.allCases.map { $0.rawValue.lowercased() } + Command.all.map(\.name)

  /// The expected values, for error texts.
  static let expected =
    "\(words.joined(separator: ", ")), or the name or key of an option"

  /// The topic of a word: a section, a command, or a part of the names of options.
  package init?(_ text: String) {
    let word = text.lowercased()
    guard word != Self.usualName, word != "all" else {
      self = word == "all" ? .all : .usual
      return
    }
    let command = Command.all.first { $0.name == word }?.name
    let options = Option.table.filter { $0.group.rawValue.lowercased() == word }
    let named = options.isEmpty ? Option.table.filter { $0.isAbout(text) } : options
    guard command != nil || !named.isEmpty else { return nil }
    self = .part(options: named.map(\.name), command: command)
  }
}

extension Option {
  /// Whether a word is the name or the key of the option, or the start or a word of its name.
  fileprivate func isAbout(_ text: String) -> Bool {
    guard !text.isEmpty else { return false }
    let word = text.lowercased()
    return keys.contains(text)
      || ([name] + aliases).contains { name in
        name == word || name.hasPrefix("\(word)-")
          || name.split(separator: "-").contains { $0 == word }
      }
  }
}

extension OptionKind where Value == ProgramSettings.Action {
  /// The topic of `--help`.
  static let helpTopic = OptionKind(
    placeholder: "[TOPIC]", expected: HelpTopic.expected, form: .choice(HelpTopic.words),
    parse: { HelpTopic($0).map { ProgramSettings.Action.printHelp($0) } }, print: { _ in "" })
}
