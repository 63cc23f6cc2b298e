// SPDX-License-Identifier: Apache-2.0

import Capture
import Logging
import System

/// Values of options from one place: the command line, the environment, a file, a stream of a file.
package struct SettingsLayer: Sendable {
  /// One option with a value that it accepts.
  package struct Entry: Sendable {
    package let option: Option
    /// The value as text.
    package let value: String
    package let location: SettingLocation
    fileprivate let change: Option.Change

    /// - Throws: an error if the option does not accept the value.
    init(_ option: Option, _ value: String, at location: SettingLocation) throws(UsageError) {
      guard let change = option.change(value) else {
        let hidden = option.form == .input ? InputAddress.redact(unreadable: value) : nil
        let shown = hidden ?? (option.isSecret ? "***" : Redaction.redact(value))
        let hint = hidden == nil ? "" : "; @, #, / and ? in a password are percent-encoded: %40 …"
        throw UsageError(
          .location(location), .value(shown), expected: OptionText(option.expected + hint))
      }
      self.option = option
      self.value = value
      self.location = location
      self.change = change
    }
  }

  package var entries: [Entry]

  package init(_ entries: [Entry]) { self.entries = entries }

  /// The entries that apply to the program, and to the serving of all streams.
  var withoutStreams: SettingsLayer { SettingsLayer(entries.filter { $0.option.scope != .stream }) }

  /// The entries of both layers, without the entries of `lower` that this layer replaces.
  func over(_ lower: SettingsLayer) -> SettingsLayer {
    let replaced = Set(entries.flatMap { [$0.option.name] + $0.option.replaces })
    return SettingsLayer(lower.entries.filter { !replaced.contains($0.option.name) } + entries)
  }

  /// The settings of the program.
  package var program: ProgramSettings {
    var settings = ProgramSettings()
    for entry in entries {
      if case .program(let change) = entry.change { change(&settings) }
      settings.locations[entry.option.name] = entry.location
    }
    return settings
  }

  /// The settings of a stream.
  package var stream: StreamSettings {
    var settings = StreamSettings()
    for entry in entries where entry.option.isForStream {
      if case .stream(let change) = entry.change { change(&settings) }
      settings.locations[entry.option.name] = entry.location
      guard !entry.option.appliesWithoutRestart else { continue }
      // A secret is compared by its digest.
      let value = entry.option.isSecret ? SecretDigest(entry.value).text : entry.value
      settings.requestedOptions.append("\(entry.option.name)=\(value)")
    }
    return settings
  }
}
