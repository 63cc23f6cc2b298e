// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// Reads the variables `STREAMER_<OPTION>`, such as `STREAMER_PART_DURATION`.
///
/// An empty variable counts as absent. The values of a repeatable option are separated by spaces.
package struct EnvironmentReader: Sendable {
  package let entries: [SettingsLayer.Entry]
  /// Remarks about unknown variables.
  let notes: [SettingNote]

  /// Reads `environment`, by default that of the process.
  ///
  /// - Throws: an error if an option does not accept the value of its variable.
  package init(
    _ environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(UsageError) {
    var rest = environment.filter { $0.key.hasPrefix(Option.variablePrefix) && !$0.value.isEmpty }
    var entries: [SettingsLayer.Entry] = []
    for option in Option.table {
      let given = option.variables.compactMap { name in
        rest.removeValue(forKey: name).map { (location: SettingLocation.variable(name), value: $0) }
      }
      guard given.count <= 1 else {
        throw UsageError(
          given.map { .location($0.location) }, .combination, expected: "one of them")
      }
      for (location, value) in given {
        let values = option.isRepeatable ? value.split(separator: " ").map(String.init) : [value]
        for value in values {
          entries.append(try SettingsLayer.Entry(option, option.normalized(value), at: location))
        }
      }
    }
    self.entries = entries
    notes = rest.keys.sorted().map {
      SettingNote(location: .variable($0), text: "unknown variable, ignored")
    }
  }
}
