// SPDX-License-Identifier: Apache-2.0

/// The completions of shells, written from the option tables.
enum Completion {
  /// The commands, each the first argument of the program.
  private static let commands = [
    (TokenCommand.name, TokenCommand.options), (PasswordCommand.name, PasswordCommand.options),
    (CanaryCommand.name, CanaryCommand.options),
    (ValidateCommand.name, ValidateCommand.options), (ArchiveCommand.name, ArchiveCommand.options),
  ]
  private static let commandNames = commands.map(\.0).joined(separator: " ")

  // MARK: bash

  /// The text for `/usr/share/bash-completion/completions/streamer`.
  static let bash: String = {
    let own = commands.map { name, options in
      let flags = (options.map(\.flag) + ["--help"]).joined(separator: " ")
      return """
            \(name))
              case $before in
        \(options.map { bashCase($0.flag, $0.form, indent: 6) }.joined())      esac
              \(among(flags)); return ;;

        """
    }.joined()
    var cases = ""
    for option in Option.table where option.placeholder != nil {
      cases += bashCase(flags(option).joined(separator: "|"), form(option), indent: 4)
    }
    let all = Option.table.flatMap(flags).joined(separator: " ")
    return """
      # bash completion for streamer
      _streamer() {
        local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
        # `--flag=value` is three words.
        [[ $before == = && $COMP_CWORD -gt 2 ]] && before=${COMP_WORDS[COMP_CWORD - 2]}
        [[ $word == = ]] && word=
        if [[ $COMP_CWORD -gt 1 ]]; then
          local command=${COMP_WORDS[1]}
          [[ "$command ${COMP_WORDS[*]} " == "\(ValidateCommand.name) "*' --watch '* ]] \\
            && command=\(CanaryCommand.name)
          case $command in
      \(own)    esac
        fi
        case $before in
      \(cases)  esac
        \(among(all))
        [[ $COMP_CWORD -eq 1 && -n $word && $word != -* ]] \\
          && \(among(commandNames))
      }
      complete -F _streamer streamer

      """
  }()

  /// The branch for the value of an option; empty for a flag without one.
  private static func bashCase(
    _ pattern: String, _ form: CommandOption.Form, indent: Int
  ) -> String {
    let action: String
    switch form {
    case .none: return ""
    case .text: action = ":"
    case .path: action = "_filedir"
    case .choice(let words): action = among(words.joined(separator: " "))
    case .choiceOrPath(let words):
      action = "_filedir; COMPREPLY+=(\(candidates(words.joined(separator: " "))))"
    }
    return String(repeating: " ", count: indent) + "\(pattern)) \(action); return ;;\n"
  }

  private static func among(_ words: String) -> String { "COMPREPLY=(\(candidates(words)))" }

  private static func candidates(_ words: String) -> String {
    "$(compgen -W '\(words)' -- \"$word\")"
  }

  // MARK: zsh

  /// The text for `/usr/share/zsh/vendor-completions/_streamer`.
  static let zsh: String = {
    let own = commands.map { name, options in
      let lines =
        options.map { zshLine($0.flag, $0.placeholder, $0.form, $0.help) }
        + [zshLine("--help", nil, .none, "print the options")]
        + ([CanaryCommand.name, ValidateCommand.name].contains(name) ? ["'*:URL:_urls'"] : [])
      return """
          \(name))
            shift words
            (( CURRENT-- ))
            _arguments \\
              \(lines.joined(separator: " \\\n        "))
            return ;;

        """
    }.joined()
    let lines = Option.table.flatMap { option in
      flags(option).map {
        zshLine(
          $0, option.placeholder, form(option), option.help, isRepeatable: option.isRepeatable)
      }
    }
    return """
      #compdef streamer
      local -a command
      if (( CURRENT == 2 )); then
        command=('1::command:(\(commandNames))')
      else
        local name=${words[2]}
        [[ $name == \(ValidateCommand.name) && -n ${words[(r)--watch]} ]] \\
          && name=\(CanaryCommand.name)
        case $name in
      \(own)  esac
      fi
      _arguments $command \\
        \(lines.joined(separator: " \\\n  "))

      """
  }()

  /// A specification for `_arguments`, in which a colon ends a field.
  private static func zshLine(
    _ flag: String, _ placeholder: String?, _ form: CommandOption.Form, _ help: String,
    isRepeatable: Bool = false
  ) -> String {
    let help = help.replacing("'", with: "’").replacing("[", with: "(").replacing("]", with: ")")
      .replacing(":", with: "\\:")
    let name = (placeholder ?? "").replacing(":", with: "\\:")
    let value =
      switch form {
      case .none: ""
      case .text: ":\(name): "
      case .path: ":\(name):_files"
      case .choice(let words): ":\(name):(\(words.joined(separator: " ")))"
      case .choiceOrPath(let words):
        ":\(name):_alternative \"words\\:\(name)\\:(\(words.joined(separator: " ")))\" "
          + "\"files\\:\(name)\\:_files\""
      }
    let argument = flag.hasPrefix("--") && !value.isEmpty ? "=" : ""
    return "'\(isRepeatable ? "*" : "")\(flag)\(argument)[\(help)]\(value)'"
  }

  // MARK: The option table

  private static func form(_ option: Option) -> CommandOption.Form {
    guard option.placeholder != nil else { return .none }
    return switch option.form {
    case .choice(let values): .choice(values)
    case .boolean: .choice(["true", "false"])
    case .path, .input, .hashOrPath: .path
    case .text, .number: .text
    }
  }

  private static func flags(_ option: Option) -> [String] {
    ([option.name] + option.aliases).map { "--" + $0 } + (option.letter.map { ["-\($0)"] } ?? [])
  }
}
