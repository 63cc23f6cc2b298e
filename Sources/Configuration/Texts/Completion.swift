// SPDX-License-Identifier: Apache-2.0

/// The completions of shells, written from the option table.
enum Completion {
  /// The text for `/usr/share/bash-completion/completions/streamer`.
  static let bash: String = {
    var cases = ""
    for option in Option.table where option.placeholder != nil {
      let flags = Self.flags(option).joined(separator: "|")
      let action =
        switch option.form {
        case .choice(let values): among(values)
        case .boolean: among(["true", "false"])
        case .path, .input: "_filedir"
        case .text, .number: ":"
        }
      cases += "    \(flags)) \(action); return ;;\n"
    }
    let all = Option.table.flatMap(flags).joined(separator: " ")
    return """
      # bash completion for streamer
      _streamer() {
        local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
        if [[ $COMP_CWORD -gt 1 ]]; then
          case ${COMP_WORDS[1]} in
          \(TokenCommand.name))
            [[ $before == --* ]] || COMPREPLY=($(compgen -W '\(tokenFlags)' -- "$word"))
            return ;;
          \(CanaryCommand.name))
            [[ $before == --metrics-file ]] && _filedir
            [[ $before == --* ]] || COMPREPLY=($(compgen -W '\(canaryFlags)' -- "$word"))
            return ;;
          esac
        fi
        case $before in
      \(cases)  esac
        COMPREPLY=($(compgen -W '\(all)' -- "$word"))
        [[ $COMP_CWORD -eq 1 && -n $word && $word != -* ]] \\
          && COMPREPLY=($(compgen -W '\(TokenCommand.name) \(CanaryCommand.name)' -- "$word"))
      }
      complete -F _streamer streamer

      """
  }()

  /// The text for `/usr/share/zsh/vendor-completions/_streamer`.
  static let zsh: String = {
    var lines: [String] = []
    for option in Option.table {
      let help = option.help.replacing("'", with: "’").replacing("[", with: "(")
        .replacing("]", with: ")").replacing(":", with: "\\:")
      for flag in flags(option) {
        let star = option.isRepeatable ? "*" : ""
        lines.append("  '\(star)\(flag)[\(help)]\(value(option))'")
      }
    }
    return """
      #compdef streamer
      case ${words[2]} in
      \(TokenCommand.name)) _values -w 'options' \(tokenFlags); return ;;
      \(CanaryCommand.name)) _values -w 'options' \(canaryFlags); return ;;
      esac
      _arguments \\
      """ + "\n" + lines.joined(separator: " \\\n") + "\n"
  }()

  /// The flags of the command that prints a playback token.
  private static let tokenFlags = (TokenCommand.flags + ["--help"]).joined(separator: " ")

  /// The flags of the command that follows streams.
  private static let canaryFlags = (CanaryCommand.flags + ["--help"]).joined(separator: " ")

  private static func among(_ words: [String]) -> String {
    "COMPREPLY=($(compgen -W '\(words.joined(separator: " "))' -- \"$word\"))"
  }

  private static func value(_ option: Option) -> String {
    guard let placeholder = option.placeholder else { return "" }
    return switch option.form {
    case .choice(let values): ":\(placeholder):(\(values.joined(separator: " ")))"
    case .boolean: ":\(placeholder):(true false)"
    case .path, .input: ":\(placeholder):_files"
    case .text, .number: ":\(placeholder): "
    }
  }

  private static func flags(_ option: Option) -> [String] {
    ([option.name] + option.aliases).map { "--" + $0 } + (option.letter.map { ["-\($0)"] } ?? [])
  }
}
