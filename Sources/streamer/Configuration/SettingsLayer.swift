// SPDX-License-Identifier: Apache-2.0

/// What one location says of the settings: the command line, the top of a file, or one stream of it.
struct SettingsLayer: Sendable {
  /// One option with its value.
  struct Entry: Sendable {
    let option: Option
    let value: String
    /// The flag, or the file and the path of the key; empty for what nobody has given.
    let location: String
  }

  /// Options of which a later layer's replace an earlier one's.
  private static let alternatives:
    [(names: Set<String>, clear: @Sendable (inout Settings) -> Void)] = [
      (
        ["test-src", "device", "input"],
        {
          $0.isTestSource = false
          $0.device = nil
          $0.input = nil
        }
      ),
      (["rendition"], { $0.ladder = [] }),
      (["rendition"], { ($0.size, $0.bitrateKilobits) = (nil, nil) }),
      (["resolution", "bitrate"], { $0.ladder = [] }),
      (
        ["tls-cert", "self-signed"],
        {
          $0.isSelfSigned = false
          ($0.certificate, $0.certificateKey, $0.certificateChain) = (nil, nil, nil)
        }
      ),
    ]

  var entries: [Entry]

  init(_ entries: [Entry]) { self.entries = entries }

  /// What of it is for the whole program and how it serves any stream.
  var forProgram: SettingsLayer { SettingsLayer(entries.filter { !$0.option.isAboutStream }) }

  /// Puts it over what `settings` has.
  ///
  /// - Throws: the first value that is not allowed.
  func apply(to settings: inout Settings) throws(UsageError) {
    let names = Set(entries.map(\.option.name))
    for alternative in Self.alternatives where !names.isDisjoint(with: alternative.names) {
      alternative.clear(&settings)
    }
    for entry in entries {
      guard entry.option.apply(entry.value, &settings) else {
        let shown = entry.option.isSecret ? "***" : entry.value
        throw UsageError(entry.location, given: shown, allowed: entry.option.allowedInFile)
      }
      guard !entry.location.isEmpty else { continue }
      settings.origins[entry.option.name] = entry.location
    }
  }
}
