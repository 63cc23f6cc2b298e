// SPDX-License-Identifier: Apache-2.0

/// Why settings are refused: the setting, its value, and the expected values.
///
/// The checks name options; ``located(_:stream:)`` adds the locations at which these were given.
/// Printed as one line: `--part-duration: invalid value "9s" (expected 0.01–20 seconds)`.
package struct UsageError: Error, Sendable, CustomStringConvertible {
  /// A setting, or the location of one.
  package enum Subject: Sendable, Equatable {
    /// An option by its name, as in `part-duration`.
    case option(String)
    /// An option by its name, with its value: only this value is wrong.
    case setting(String, String)
    case location(SettingLocation)
    /// The value of a positional argument, or a source of settings such as `LISTEN_FDS`.
    case other(String)
  }

  /// The fault of the subject.
  package enum Given: Sendable, Equatable {
    case value(String)
    case missingValue
    /// Two or more settings that exclude each other.
    case combination
    case problem(OptionText)
  }

  package let subjects: [Subject]
  package let given: Given
  package let expected: OptionText?
  private var locations: [String: SettingLocation] = [:]
  private var stream: SettingLocation?
  /// The errors beside this one, each without further ones.
  private var further: [UsageError] = []

  package init(_ subject: Subject, _ given: Given, expected: OptionText? = nil) {
    self.init([subject], given, expected: expected)
  }

  package init(_ subjects: [Subject], _ given: Given, expected: OptionText? = nil) {
    self.subjects = subjects
    self.given = given
    self.expected = expected
  }

  /// The first of `errors`, with all others; nil if there are none.
  package init?(all errors: [UsageError]) {
    let list = errors.flatMap(\.all)
    guard var first = list.first else { return nil }
    first.further = Array(list.dropFirst())
    self = first
  }

  /// This error and the ones beside it.
  package var all: [UsageError] {
    var first = self
    first.further = []
    return [first] + further
  }

  /// The same error with the locations of the options that it names.
  ///
  /// - Parameters:
  ///   - locations: the locations of options, by name.
  ///   - stream: the location of the stream in its file; nil if the settings are not of a file.
  /// - Returns: the error as it is printed.
  package func located(
    _ locations: [String: SettingLocation], stream: SettingLocation? = nil
  ) -> UsageError {
    var error = self
    error.locations.merge(locations) { old, _ in old }
    error.stream = self.stream ?? stream
    error.further = further.map { $0.located(locations, stream: stream) }
    return error
  }

  package var description: String { text(\.description) }

  /// The line of this error alone; `place` prints a location.
  func text(_ place: (SettingLocation) -> String) -> String {
    let line = subjects.map { text($0, place) }.joined(separator: " and ") + ": " + fault(place)
    let expectation = expected.map { " (expected \($0.text { flag($0, place) }))" } ?? ""
    guard let stream, !subjects.contains(where: { location(of: $0)?.isWithin(stream) == true })
    else { return line + expectation }
    return "\(place(stream)): \(line)\(expectation)"
  }

  /// The locations that its line may name.
  var givenLocations: [SettingLocation] {
    subjects.compactMap { location(of: $0) } + [stream].compactMap(\.self) + locations.values
  }

  private func fault(_ place: (SettingLocation) -> String) -> String {
    switch given {
    case .value(let value): "invalid value \"\(value)\""
    case .missingValue: "missing value"
    case .combination: "cannot be combined"
    case .problem(let problem): problem.text { flag($0, place) }
    }
  }

  private func location(of subject: Subject) -> SettingLocation? {
    switch subject {
    case .option(let name), .setting(let name, _): locations[name]
    case .location(let location): location
    case .other: nil
    }
  }

  private func text(_ subject: Subject, _ place: (SettingLocation) -> String) -> String {
    switch subject {
    case .option(let name): flag(name, place)
    case .setting(let name, let value): "\(flag(name, place)) \(value)"
    case .location(let location): place(location)
    case .other(let text): text
    }
  }

  private func flag(_ name: String, _ place: (SettingLocation) -> String) -> String {
    guard let location = locations[name], location != .fastLLDefault else { return "--\(name)" }
    return place(location)
  }
}
