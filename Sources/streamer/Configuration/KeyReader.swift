// SPDX-License-Identifier: Apache-2.0

import Capture

/// Turns the keys of one JSON object into settings; remembers what it has to say of them.
struct KeyReader {
  /// Where the object stands.
  struct Location {
    /// The file as it was named, or what stands for one.
    let file: String
    /// The path of the object within it; empty for the whole.
    var path = ""
    /// What relative paths are relative to.
    var folder: String

    /// The location of a key of the object.
    func key(_ key: String) -> String { "\(file): \(path.isEmpty ? key : "\(path).\(key)")" }
    /// The object's own location.
    var whole: String { path.isEmpty ? file : "\(file): \(path)" }
  }

  let location: Location
  private(set) var entries: [SettingsLayer.Entry] = []
  private(set) var warnings: [String] = []
  private var object: [String: JSONValue]

  /// - Throws: that the value is no object.
  init(_ value: JSONValue, at location: Location) throws(UsageError) {
    guard case .object(let object) = value else {
      throw UsageError("\(location.whole): \(value.word) was given; allowed is an object")
    }
    self.location = location
    self.object = object.filter { $0.value != .null }
  }

  /// Takes the value of a key out; nil where it was not given.
  mutating func take(_ key: String) -> JSONValue? { object.removeValue(forKey: key) }

  /// Takes the text of a key out; an empty one was not given.
  mutating func takeText(_ key: String, allowed: String) throws(UsageError) -> String? {
    guard let value = take(key) else { return nil }
    guard let text = value.text else {
      throw UsageError(location.key(key), given: value.word, allowed: allowed)
    }
    return text.isEmpty ? nil : text
  }

  /// Takes a key out that stands for the option of a flag.
  mutating func take(_ key: String, as flag: String) throws(UsageError) {
    if let value = take(key) { try add(value, flag, at: location.key(key)) }
  }

  /// Adds a value for the option of a flag.
  mutating func add(_ value: JSONValue, _ flag: String, at location: String) throws(UsageError) {
    guard let option = Option.table.first(where: { $0.name == flag }) else { return }
    try add(value, option, at: location)
  }

  /// Takes out what the table knows.
  mutating func takeTable(_ isWanted: (Option) -> Bool) throws(UsageError) {
    for option in Option.table where !option.isAction && isWanted(option) {
      for key in option.keys {
        if let value = take(key) { try add(value, option, at: location.key(key)) }
      }
    }
  }

  /// Remarks on what is left, which nobody knows, or only the whole program does.
  mutating func finish(isStream: Bool = false) {
    for key in object.keys.sorted() {
      let isElsewhere =
        isStream && Option.table.contains { !$0.isAction && $0.keys.contains(key) }
      warning(
        key,
        isElsewhere
          ? "is for the whole program, and not looked at here" : "is not known, and not looked at")
    }
    object = [:]
  }

  /// Takes over the remarks on an object within this one.
  mutating func add(warningsOf inner: KeyReader) { warnings += inner.warnings }

  /// Adds a remark on a key.
  mutating func warning(_ key: String, _ text: String) {
    warnings.append("\(location.key(key)): \(text)")
  }

  private mutating func add(
    _ value: JSONValue, _ option: Option, at location: String
  ) throws(UsageError) {
    if case .array(let values) = value, option.isRepeatable {
      for (index, value) in values.enumerated() {
        try add(value, option, at: "\(location)[\(index)]")
      }
      return
    }
    guard let text = value.text else {
      throw UsageError(location, given: value.word, allowed: option.allowedInFile)
    }
    if !option.isRepeatable, let other = entries.first(where: { $0.option.name == option.name }) {
      throw UsageError("\(other.location) and \(location): both were given; allowed is one of them")
    }
    entries.append(.init(option: option, value: meant(text, option), location: location))
  }

  /// The text as the option takes it: booleans in any case, paths from the file's folder.
  private func meant(_ text: String, _ option: Option) -> String {
    if option.isBoolean { return text.lowercased() }
    guard option.isPath else { return text }
    if option.name == "input", text == "-" || text.hasPrefix("file:") || text.contains("://") {
      return text
    }
    return FileContents.resolve(text, in: location.folder)
  }
}
