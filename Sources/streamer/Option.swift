// SPDX-License-Identifier: Apache-2.0

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
  /// Whether it is for the command line alone.
  var isAction = false
  /// Whether its value must not be shown to anybody.
  var isSecret = false
  /// Whether its value is the path of a file.
  var isPath = false
  /// What it does, with its default.
  let help: String
  /// What is allowed, for the error text.
  var allowed = ""
  /// Takes the value over; false where it is not allowed.
  let apply: @Sendable (String, inout Settings) -> Bool

  /// Whether each stream may have its own.
  var isForStream: Bool {
    isAboutStream || ["hold-timeout", "wait-for-absent-segment"].contains(name)
  }

  /// Whether it says what a stream is, and not how any is served.
  var isAboutStream: Bool {
    switch group {
    case .source, .encoding, .stream: true
    case .server, .limits, .program: false
    }
  }

  /// Whether it says which stream there is, which a file that lists streams says itself.
  var namesStream: Bool { ["test-src", "device", "input", "name"].contains(name) }
  /// Whether it may be given more than once.
  var isRepeatable: Bool { name == "rendition" }
  /// Whether it is true or false.
  var isBoolean: Bool { placeholder == nil || placeholder == "BOOL" }
  /// What is allowed as the value of its key.
  var allowedInFile: String { allowed.isEmpty ? "true or false" : allowed }

  /// Its keys in a file: the flag and its alias in camelCase.
  var keys: [String] { [name, alias].compactMap { $0 }.map(Self.key) }

  /// `part-duration` as `partDuration`.
  static func key(_ flag: String) -> String {
    let words = flag.split(separator: "-")
    return words.dropFirst().reduce(String(words.first ?? "")) { key, word in
      key + word.prefix(1).uppercased() + word.dropFirst()
    }
  }
}

extension Option {
  /// A row for something that is on or off; on the command line it has no value.
  init(
    toggle name: String, letter: Character? = nil, group: Group, help: String,
    _ setting: any WritableKeyPath<Settings, Bool> & Sendable
  ) {
    self.init(name: name, letter: letter, group: group, help: help) { text, settings in
      guard let value = text.isEmpty ? true : Bool(text) else { return false }
      settings[keyPath: setting] = value
      return true
    }
  }
}

/// Why the command line was refused: one line with the flag, what was given and what is allowed.
struct UsageError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }

  /// The same with the places of keys for the flags that were given in a file.
  ///
  /// - Parameters:
  ///   - error: an error that names flags.
  ///   - origins: where options were given, by their flags.
  ///   - location: where the stream stands in a file; nil where it does not.
  init(_ error: UsageError, origins: [String: String], location: String?) {
    var text = ""
    var rest = error.description[...]
    while let start = rest.firstRange(of: "--") {
      text += rest[..<start.lowerBound]
      let flag = rest[start.upperBound...].prefix { $0.isLowercase || $0 == "-" }
      text += origins[String(flag)] ?? "--\(flag)"
      rest = rest[flag.endIndex...]
    }
    text += rest
    if let location, !text.hasPrefix(location) { text = "\(location): \(text)" }
    description = text
  }

  /// A value that is not allowed.
  init(_ flag: String, given: String, allowed: String) {
    description = "\(flag): \"\(given)\" was given; allowed is \(allowed)"
  }
}
