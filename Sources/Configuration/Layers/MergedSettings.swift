// SPDX-License-Identifier: Apache-2.0

package import Access
package import Archive
import Net
package import Packaging
package import System

/// The settings of the program and of its streams, merged from all layers.
///
/// Each layer overrides the one before: defaults, top level of the file, stream element,
/// environment, flags.
package struct MergedSettings: Sendable {
  package let program: ProgramSettings
  package let streams: [StreamSettings]
  /// Whether a file lists the streams.
  package let listsStreams: Bool
  /// Remarks about unknown keys and variables.
  let notes: [SettingNote]
  /// Remarks about values that other layers override.
  let overridden: [SettingNote]
  /// The lines of the remarks about unknown keys and variables.
  package var warnings: [String] { notes.map(\.description) }
  private let flags: [SettingsLayer.Entry]
  private let environment: [String: String]?
  private let top: SettingsLayer
  /// Environment and flags.
  private let overrides: SettingsLayer

  /// Merges flags, environment and the file that one of them names.
  ///
  /// - Parameters:
  ///   - flags: the flags of the command line, in their order.
  ///   - environment: the variables; nil: those of the process.
  /// - Throws: the errors of all settings of the file that are wrong by themselves.
  package init(
    _ flags: [SettingsLayer.Entry], environment: [String: String]? = nil
  ) throws(UsageError) {
    self.flags = flags
    self.environment = environment
    let variables =
      if let environment { try EnvironmentReader(environment) } else { try EnvironmentReader() }
    overrides = SettingsLayer(flags).over(SettingsLayer(variables.entries))
    let invocation = overrides.program
    guard let path = invocation.configurationPath else {
      (program, top, listsStreams) = (invocation, SettingsLayer([]), false)
      streams = [Self.completed(overrides.stream, program, isOnly: true)]
      notes = variables.notes
      overridden = OverriddenSettings.notes(
        variables.entries + flags, flags: flags, streams: [overrides], program: overrides)
      return
    }
    var location = invocation.locations["config"]
    if case .flag = location { location = .flag("-c") }
    let file = try ConfigurationFile(
      path: path, location: location ?? .flag("-c"), isLenient: invocation.isLenient)
    top = file.top
    let merged = overrides.over(top)
    program = merged.program
    notes = variables.notes + file.warnings
    listsStreams = file.streams != nil
    guard let elements = file.streams else {
      var settings = merged.stream
      settings.label = file.label
      streams = [Self.completed(settings, program, isOnly: true)]
      overridden = OverriddenSettings.notes(
        top.entries + variables.entries + flags, flags: flags, streams: [merged], program: merged)
      return
    }
    if let entry = overrides.entries.first(where: { $0.option.describesOneStream }) {
      throw UsageError(
        .location(entry.location), .problem("cannot be combined with \(path), which lists streams"))
    }
    let given = top.entries + elements.flatMap(\.layer.entries) + variables.entries + flags
    overridden = OverriddenSettings.notes(
      given, flags: flags,
      streams: elements.map { [top, overrides] in Self.layer(of: $0, top: top, overrides) },
      program: merged)
    streams = elements.map { [top, program, overrides] in
      Self.completed(Self.settings(of: $0, top: top, overrides), program)
    }
  }

  private static func completed(
    _ settings: StreamSettings, _ program: ProgramSettings, isOnly: Bool = false
  ) -> StreamSettings {
    var settings = settings
    settings.choosePublishers(program, isOnly: isOnly)
    return settings
  }

  /// The limits of uploaded streams that publishers create.
  package var uploadLimits: UploadLimits { overrides.over(top).stream.uploadLimits }

  /// The key of streams that publishers create.
  package var publishKey: SecretDigest? { overrides.over(top).stream.publishKey }

  /// The passphrase of streams that publishers create by SRT.
  package var srtPassphrase: Passphrase? { overrides.over(top).stream.srtPassphrase }

  /// The policy of archives of streams that are not configured any more.
  package var archivePolicy: ArchivePolicy { overrides.over(top).stream.archivePolicy }

  /// The permitted viewers of streams that publishers create; see
  /// ``StreamSettings/access(signedBy:)``.
  package func createdAccess(signedBy secret: @autoclosure () -> TokenKey) -> ViewerAccess {
    overrides.over(top).stream.access(signedBy: secret())
  }

  /// The same layers with the current content of the file.
  ///
  /// - Throws: an error for the first setting that is wrong by itself.
  package func reread() throws(UsageError) -> MergedSettings {
    try MergedSettings(flags, environment: environment)
  }

  /// Whether `other` has other values for settings that apply only at the start of the program.
  package func differsInProgram(from other: MergedSettings) -> Bool {
    func values(_ settings: MergedSettings) -> [String] {
      settings.top.entries.filter { $0.option.scope == .program }
        .map { "\($0.option.name)=\($0.value)" }
    }
    return values(self) != values(other)
  }

  /// The settings of one more stream of the same program.
  package func settings(of element: StreamElement) -> StreamSettings {
    // Without a list, stream options of flags and file describe the stream of the flags.
    let settings =
      listsStreams
      ? Self.settings(of: element, top: top, overrides)
      : Self.settings(of: element, top: top.withoutStreams, overrides.withoutStreams)
    return Self.completed(settings, program)
  }

  private static func layer(
    of element: StreamElement, top: SettingsLayer, _ overrides: SettingsLayer
  ) -> SettingsLayer {
    overrides.over(element.layer.over(top.over(element.defaults)))
  }

  private static func settings(
    of element: StreamElement, top: SettingsLayer, _ overrides: SettingsLayer
  ) -> StreamSettings {
    var settings = layer(of: element, top: top, overrides).stream
    settings.label = element.label
    settings.location = element.location
    return settings
  }
}
