/// One row of the table that makes the flags, `--help` and the error texts.
struct Option: Sendable {
  /// Where it stands in `--help`.
  enum Group: String, CaseIterable, Sendable {
    case source = "Source"
    case encoding = "Encoding"
    case stream = "Stream"
    case server = "Server"
    case limits = "Limits"
    case program = "Program"
  }

  /// The flag without its dashes.
  let name: String
  /// Another name for it.
  var alias: String?
  /// A letter for it.
  var letter: Character?
  /// What stands for its value in `--help`; nil for a flag without one.
  var placeholder: String?
  let group: Group
  /// What it does, with its default.
  let help: String
  /// What is allowed, for the error text.
  var allowed = ""
  /// Takes the value over; false where it is not allowed.
  let apply: @Sendable (String, inout Settings) -> Bool
}

/// Why the command line was refused: one line with the flag, what was given and what is allowed.
struct UsageError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }

  /// A value that is not allowed.
  init(_ flag: String, given: String, allowed: String) {
    description = "\(flag): \"\(given)\" was given; allowed is \(allowed)"
  }
}
