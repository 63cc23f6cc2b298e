// SPDX-License-Identifier: Apache-2.0

/// An option as data: name, kind of its values, default, help.
///
/// The command line, the environment, files, `--help` and error texts are read and written from it.
package struct Option: Sendable {
  /// The sections of `--help`, in their order.
  package enum Group: String, CaseIterable, Sendable {
    case source = "Source"
    case encoding = "Encoding"
    case stream = "Stream"
    case server = "Server"
    case access = "Access"
    case limits = "Limits"
    case program = "Program"
  }

  /// The extent of a value of the option.
  package enum Scope: Sendable {
    /// One run of the program: not an option of files.
    case invocation
    case program
    /// How streams are served; a stream can have its own value.
    case serving
    /// The properties of a stream.
    case stream
  }

  /// A value of an option, ready to be stored.
  enum Change: Sendable {
    case program(@Sendable (inout ProgramSettings) -> Void)
    case stream(@Sendable (inout StreamSettings) -> Void)
  }

  /// The flag without its dashes.
  package let name: String
  package var aliases: [String] = []
  package var letter: Character?
  package let group: Group
  package var scope: Scope
  /// The name of the value in `--help`; nil for a flag without a value.
  package let placeholder: String?
  package let expected: String
  package let form: OptionForm
  /// The default as `--help` prints it; nil if the option is off by default.
  package var defaultText: String?
  let helpText: String
  /// The value of a flag that is given without one; nil if a flag with a placeholder needs one.
  var impliedValue: String?
  /// The line of `--help`.
  package var help: String {
    isSecret ? helpText + " (a flag shows it to all users in /proc/PID/cmdline)" : helpText
  }
  /// Whether error texts must not contain the value.
  package var isSecret = false
  package var isRepeatable = false
  /// Whether a file that lists streams excludes the option, since it describes one stream.
  package var describesOneStream = false
  /// Whether a reload applies a new value to a running stream; other options restart the stream.
  package var appliesWithoutRestart = false
  /// Names of options whose values in lower layers end when this option is given.
  package var replaces: [String] = []
  /// The change that a value makes; nil for a value outside the range.
  let change: @Sendable (String) -> Change?

  /// Whether each stream can have its own value.
  package var isForStream: Bool { scope == .stream || scope == .serving }
  /// Whether the option is a key of files.
  package var isKey: Bool { scope != .invocation }

  /// The keys in a file: the flag and its aliases in camelCase.
  package var keys: [String] { isKey ? ([name] + aliases).map(Self.key) : [] }

  /// `part-duration` as `partDuration`.
  static func key(_ flag: String) -> String {
    let words = flag.split(separator: "-")
    return words.dropFirst().reduce(String(words.first ?? "")) { key, word in
      key + word.prefix(1).uppercased() + word.dropFirst()
    }
  }

  /// The beginning of the names of variables.
  static let variablePrefix = "STREAMER_"

  /// The variables of the environment: `STREAMER_PART_DURATION`.
  package var variables: [String] {
    guard isKey || ["config", "lenient"].contains(name) else { return [] }
    return ([name] + aliases).map {
      Self.variablePrefix + $0.uppercased().replacing("-", with: "_")
    }
  }
}

/// Makes the options that are stored in one kind of settings.
struct OptionMaker<Settings: Sendable>: Sendable {
  fileprivate let scope: Option.Scope
  /// The settings whose values are the defaults.
  fileprivate let initial: Settings
  fileprivate let change: @Sendable (@escaping @Sendable (inout Settings) -> Void) -> Option.Change

  /// An option whose initial value is the default.
  func callAsFunction<Value>(
    _ name: String, _ path: any WritableKeyPath<Settings, Value> & Sendable,
    _ kind: OptionKind<Value>, aliases: [String] = [], letter: Character? = nil,
    _ group: Option.Group = .server, help: String
  ) -> Option {
    option(
      name, aliases, letter, group, kind,
      kind.placeholder.map { _ in kind.print(initial[keyPath: path]) }, help
    ) { settings, value in settings[keyPath: path] = value }
  }

  /// An option that is nil by default, or whose default depends on other settings: `text`
  /// describes it.
  func callAsFunction<Value>(
    _ name: String, _ path: any WritableKeyPath<Settings, Value?> & Sendable,
    _ kind: OptionKind<Value>, aliases: [String] = [], letter: Character? = nil,
    _ group: Option.Group = .server, default text: String? = nil, help: String
  ) -> Option {
    option(name, aliases, letter, group, kind, text, help) { settings, value in
      settings[keyPath: path] = value
    }
  }

  /// An option that can be given several times.
  func callAsFunction<Value>(
    _ name: String, appendingTo path: any WritableKeyPath<Settings, [Value]> & Sendable,
    _ kind: OptionKind<Value>, _ group: Option.Group = .server, help: String
  ) -> Option {
    option(name, [], nil, group, kind, nil, help) { settings, value in
      settings[keyPath: path].append(value)
    }.with { $0.isRepeatable = true }
  }

  private func option<Value>(
    _ name: String, _ aliases: [String], _ letter: Character?, _ group: Option.Group,
    _ kind: OptionKind<Value>, _ defaultText: String?, _ help: String,
    store: @escaping @Sendable (inout Settings, Value) -> Void
  ) -> Option {
    let change = change
    return Option(
      name: name, aliases: aliases, letter: letter, group: group, scope: scope,
      placeholder: kind.placeholder, expected: kind.expected, form: kind.form,
      defaultText: defaultText, helpText: help
    ) { kind.parse($0).map { value in change { store(&$0, value) } } }
  }
}

extension Option {
  /// An option of the program.
  static let program = OptionMaker(
    scope: .program, initial: ProgramSettings(), change: Change.program)

  /// An option of a stream.
  static let stream = OptionMaker(
    scope: .stream, initial: StreamSettings(), change: Change.stream)

  /// The option with some properties changed, for the rows of the table.
  func with(_ change: (inout Option) -> Void) -> Option {
    var option = self
    change(&option)
    return option
  }
}
