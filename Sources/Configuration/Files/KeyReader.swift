// SPDX-License-Identifier: Apache-2.0

import Access
import Capture

/// Turns the keys of one JSON object into values of options, and collects warnings and errors: all
/// wrong values of a file are printed.
struct KeyReader {
  /// The name for the content of a request.
  static let requestName = "request"

  /// The location of an object.
  struct Location {
    /// The path of the file as it was given, or a name for the content of a request.
    let file: String
    /// The path of the object in the file; empty for the whole document.
    var path = ""
    /// The folder of relative paths.
    var folder: String
    /// Whether unknown keys are warnings.
    var isLenient = false

    /// The location of a key of the object.
    func key(_ key: String) -> SettingLocation {
      .key(file: file, path: path.isEmpty ? key : "\(path).\(key)")
    }
    /// The location of the object.
    var whole: SettingLocation { .key(file: file, path: path) }
  }

  let location: Location
  private(set) var entries: [SettingsLayer.Entry] = []
  private(set) var warnings: [SettingNote] = []
  /// Why values and keys are refused, in the order in which they were read.
  private(set) var faults: [UsageError] = []
  private var object: [String: JSONValue]
  /// The keys that were asked for.
  private var known: Set<String> = []

  /// - Throws: an error if the value is not an object.
  init(_ value: JSONValue, at location: Location) throws(UsageError) {
    guard case .object(let object) = value else {
      throw UsageError(
        .location(location.whole), .value(value.summary), expected: "an object")
    }
    self.location = location
    self.object = object.filter { $0.value != .null }
  }

  /// Takes the value of a key out; nil if the key is absent or null.
  mutating func take(_ key: String) -> JSONValue? {
    known.insert(key)
    return object.removeValue(forKey: key)
  }

  /// The value of a key that is taken out later; nil if the key is absent or null.
  func peek(_ key: String) -> JSONValue? { object[key] }

  /// Takes the text of a key out; an empty text counts as absent.
  mutating func takeText(_ key: String, expected: OptionText) throws(UsageError) -> String? {
    guard let value = take(key) else { return nil }
    guard let text = value.text else {
      throw UsageError(.location(location.key(key)), .value(value.summary), expected: expected)
    }
    return text.isEmpty ? nil : text
  }

  /// The result of `read`; nil after its error, which is added.
  @discardableResult
  mutating func collect<Value>(
    _ read: (inout KeyReader) throws(UsageError) -> Value
  ) -> Value? {
    do throws(UsageError) { return try read(&self) } catch {
      faults.append(error)
      return nil
    }
  }

  /// Adds an error.
  mutating func refuse(_ error: UsageError) { faults.append(error) }

  /// Takes out a key that is a name for the option of a flag.
  mutating func take(_ key: String, as flag: String) {
    if let value = take(key) { add(value, flag, at: location.key(key)) }
  }

  /// Adds a value for the option of a flag.
  mutating func add(_ value: JSONValue, _ flag: String, at location: SettingLocation) {
    guard let option = Option.named(flag) else { return }
    add(value, option, at: location)
  }

  /// Takes out the keys of the option table.
  mutating func takeTable(_ isWanted: (Option) -> Bool) {
    for option in Option.table where isWanted(option) {
      for key in option.keys {
        if let value = take(key) { add(value, option, at: location.key(key)) }
      }
    }
  }

  /// Adds a warning about each remaining key of the whole program, and an error about each unknown
  /// one.
  ///
  /// In a lenient file unknown keys are warnings.
  mutating func finish(isStream: Bool = false) {
    for key in object.keys.sorted() {
      if isStream, Option.table.contains(where: { $0.keys.contains(key) }) {
        warning(key, "applies to the whole program, ignored")
        continue
      }
      let nearest = NearestName.hint(for: key, among: known)
      guard location.isLenient else {
        faults.append(
          UsageError(
            .location(location.key(String(key.prefix(64)))),
            .problem(OptionText("unknown key" + nearest)), expected: Self.expectedKey(location)))
        continue
      }
      warning(key, "unknown key, ignored" + nearest)
    }
    object = [:]
  }

  private static func expectedKey(_ location: Location) -> OptionText {
    location.file == requestName
      ? "a flag in camelCase" : "a flag in camelCase; --lenient ignores unknown keys"
  }

  /// A reader of an object within this one.
  func inner(_ value: JSONValue, _ key: String, folder: String = "") throws(UsageError) -> KeyReader
  {
    let path = location.path.isEmpty ? key : "\(location.path).\(key)"
    return try KeyReader(
      value,
      at: Location(
        file: location.file, path: path, folder: folder, isLenient: location.isLenient))
  }

  /// Adds the warnings and errors about an object within this one, and about its remaining keys.
  mutating func finish(_ inner: KeyReader) {
    var inner = inner
    inner.finish()
    warnings += inner.warnings
    faults += inner.faults
  }

  /// Adds a warning about a key.
  mutating func warning(_ key: String, _ text: String) {
    warnings.append(SettingNote(location: location.key(key), text: text))
  }

  private mutating func add(_ value: JSONValue, _ option: Option, at location: SettingLocation) {
    if case .array(let values) = value, option.isRepeatable {
      for (index, value) in values.enumerated() {
        add(value, option, at: location.element(index))
      }
      return
    }
    if let entry = collect({ reader throws(UsageError) in
      try reader.entry(value, option, at: location)
    }) {
      entries.append(entry)
    }
  }

  private func entry(
    _ value: JSONValue, _ option: Option, at location: SettingLocation
  ) throws(UsageError) -> SettingsLayer.Entry {
    guard let text = value.text else {
      throw UsageError(
        .location(location), .value(value.summary), expected: OptionText(option.expected))
    }
    if !option.isRepeatable, let other = entries.first(where: { $0.option.name == option.name }) {
      throw UsageError(
        [.location(other.location), .location(location)], .combination, expected: "one of them")
    }
    if option.form == .hashOrPath, self.location.file == Self.requestName,
      !text.isEmpty, !text.hasPrefix(PasswordHash.prefix)
    {
      throw UsageError(
        .location(location), .problem("is a file, which a request cannot name"),
        expected: "in a request, a hash that streamer password prints")
    }
    let resolved = option.resolved(option.normalized(text), in: self.location.folder)
    return try SettingsLayer.Entry(option, resolved, at: location)
  }

  /// Takes out the values of streams that are lists and objects.
  mutating func takeStreamValues() {
    collect { reader throws(UsageError) in try reader.takeAudioTracks() }
    collect { reader throws(UsageError) in try reader.takeCaptions() }
    collect { reader throws(UsageError) in try reader.takeEncryption() }
    collect { reader throws(UsageError) in try reader.takePushes() }
  }

  /// Takes out `"captions": ["en*", "de"]`; a text stays: it is the value of `--captions`.
  mutating func takeCaptions() throws(UsageError) {
    guard case .array(let values)? = peek("captions") else { return }
    _ = take("captions")
    var tags: [String] = []
    for (index, value) in values.enumerated() {
      let place = location.key("captions").element(index)
      guard case .string(let tag) = value, !tag.contains(",") else {
        throw UsageError(
          .location(place), .value(value.summary), expected: "a language tag such as en or pt-BR")
      }
      tags.append(tag)
    }
    guard !tags.isEmpty else { return }
    add(.string(tags.joined(separator: ",")), "captions", at: location.key("captions"))
  }

  private static let encryptionKeys = [
    ("scheme", "encryption"), ("keys", "encryption-keys"), ("rotate", "encryption-rotate"),
    ("certificate", "encryption-certificate"), ("authority", "encryption-authority"),
  ]

  /// Takes out `"encryption": {"scheme": "cbcs", "keys": "keys.json", "rotate": "10m"}`; a text
  /// stays: it is the value of `--encryption`.
  mutating func takeEncryption() throws(UsageError) {
    guard case .object? = peek("encryption"), let value = take("encryption") else { return }
    var inner = try inner(value, "encryption", folder: location.folder)
    for (key, option) in Self.encryptionKeys {
      guard let value = inner.take(key) else { continue }
      add(value, option, at: inner.location.key(key))
    }
    finish(inner)
  }

  /// The keys of `archive` of a stream, without `archive-`.
  private static let streamKeys = ["keep", "limit", "floor", "renditions", "heal"]
  /// The keys of `archive` at the top level of a file, and their options.
  private static let programKeys = [
    "folder": "archive", "objects": "archive-objects", "objectsPublic": "archive-objects-public",
    "objectsCredentials": "archive-objects-credentials",
  ]

  /// Takes out `"archive": {"folder": "/srv/archive", "objects": "https://…", "keep": "7d"}`; a
  /// text is the folder.
  mutating func takeProgramArchive() throws(UsageError) {
    guard let value = take("archive") else { return }
    if value.text != nil { return add(value, "archive", at: location.key("archive")) }
    try takeArchive(value, Self.streamKeys + Self.programKeys.keys.sorted())
  }

  /// Takes out `"archive": {"keep": "7d", "limit": "500G", "renditions": "top", "heal": […]}`.
  mutating func takeStreamArchive() throws(UsageError) {
    if let value = take("archive") { try takeArchive(value, Self.streamKeys) }
  }

  private mutating func takeArchive(_ value: JSONValue, _ keys: [String]) throws(UsageError) {
    var inner = try inner(value, "archive", folder: location.folder)
    for key in keys {
      guard let value = inner.take(key) else { continue }
      add(value, Self.programKeys[key] ?? "archive-\(key)", at: inner.location.key(key))
    }
    finish(inner)
  }
}

extension Option {
  /// The value of a file or of the environment as the option reads it.
  ///
  /// Booleans in any case; a comma in a number, as files of Fast-ll have it, is a point.
  func normalized(_ text: String) -> String {
    switch form {
    case .boolean: text.lowercased()
    case .number where text.count(where: { $0 == "," }) == 1 && !text.contains("."):
      text.replacing(",", with: ".")
    default: text
    }
  }

  /// A path, relative to the folder of its file.
  fileprivate func resolved(_ text: String, in folder: String) -> String {
    switch form {
    case .path where !text.isEmpty: FileContents.resolve(text, in: folder)
    case .input
    where !text.isEmpty && text != "-" && !text.hasPrefix("file:")
      && !text.contains("://"):
      FileContents.resolve(text, in: folder)
    case .hashOrPath where !text.isEmpty && !text.hasPrefix(PasswordHash.prefix):
      FileContents.resolve(text, in: folder)
    default: text
    }
  }
}
