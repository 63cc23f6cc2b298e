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

  package init(_ subject: Subject, _ given: Given, expected: OptionText? = nil) {
    self.init([subject], given, expected: expected)
  }

  package init(_ subjects: [Subject], _ given: Given, expected: OptionText? = nil) {
    self.subjects = subjects
    self.given = given
    self.expected = expected
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
    return error
  }

  package var description: String {
    let line = subjects.map(text).joined(separator: " and ") + ": " + fault
    let expectation = expected.map { " (expected \($0.text(flag)))" } ?? ""
    guard let stream, !subjects.contains(where: { location(of: $0)?.isWithin(stream) == true })
    else { return line + expectation }
    return "\(stream): \(line)\(expectation)"
  }

  private var fault: String {
    switch given {
    case .value(let value): "invalid value \"\(value)\""
    case .missingValue: "missing value"
    case .combination: "cannot be combined"
    case .problem(let problem): problem.text(flag)
    }
  }

  private func location(of subject: Subject) -> SettingLocation? {
    switch subject {
    case .option(let name), .setting(let name, _): locations[name]
    case .location(let location): location
    case .other: nil
    }
  }

  private func text(_ subject: Subject) -> String {
    switch subject {
    case .option(let name): flag(name)
    case .setting(let name, let value): "\(flag(name)) \(value)"
    case .location(let location): location.description
    case .other(let text): text
    }
  }

  private func flag(_ name: String) -> String {
    guard let location = locations[name], location != .fastLLDefault else { return "--\(name)" }
    return location.description
  }
}
