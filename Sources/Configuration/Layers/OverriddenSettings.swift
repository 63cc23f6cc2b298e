// SPDX-License-Identifier: Apache-2.0

/// The given values that apply to no stream, since other layers override them: pure.
enum OverriddenSettings {
  /// Remarks about the overridden values.
  ///
  /// - Parameters:
  ///   - given: all values, the lowest layer first.
  ///   - flags: the values of the command line, which are among them.
  ///   - streams: the merged layers of each stream.
  ///   - program: the merged layers without those of streams.
  /// - Returns: a remark for each value that is in none of the merged layers, in their order.
  static func notes(
    _ given: [SettingsLayer.Entry], flags: [SettingsLayer.Entry], streams: [SettingsLayer],
    program: SettingsLayer
  ) -> [SettingNote] {
    // Streams that publishers create have the values of the program's layers, too.
    let serving = program.entries.filter { $0.option.scope != .stream }
    let used = Set((streams.flatMap(\.entries) + serving).map(\.location))
    let unused = given.filter { $0.location != .fastLLDefault && !used.contains($0.location) }
    let overridden = unused.compactMap { entry in
      let layers = entry.option.isForStream ? streams : [program]
      let winner = layers.lazy.flatMap(\.entries).first {
        $0.option.name == entry.option.name || $0.option.replaces.contains(entry.option.name)
      }
      return winner.map {
        SettingNote(
          location: entry.location, text: "has no effect: overridden by \($0.location)")
      }
    }
    return overridden + repeated(flags)
  }

  /// Flags that are given more often than they count; a flag and its alias are one.
  private static func repeated(_ flags: [SettingsLayer.Entry]) -> [SettingNote] {
    let single = flags.filter { !$0.option.isRepeatable }
    let groups = Dictionary(grouping: single, by: \.option.name)
    var notes: [SettingNote] = []
    for entry in single {
      guard let group = groups[entry.option.name], group.count > 1, let last = group.last else {
        continue
      }
      let note: SettingNote
      if entry.location != last.location {
        note = SettingNote(
          location: entry.location, text: "has no effect: overridden by \(last.location)")
      } else if group.allSatisfy({ $0.location == last.location }) {
        note = SettingNote(
          location: entry.location, text: "given \(group.count) times; the last value counts")
      } else {
        continue
      }
      if !notes.contains(note) { notes.append(note) }  // bounded: by the command line
    }
    return notes
  }
}
