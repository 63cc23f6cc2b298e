// SPDX-License-Identifier: Apache-2.0

/// What is asked for as a whole: by flags, and by a file.
struct MergedSettings {
  /// What is for the whole program.
  let program: Settings
  /// What is for each stream.
  let streams: [Settings]
  /// Whether a file lists the streams.
  let listsStreams: Bool
  /// What is worth a warning.
  let warnings: [String]
  private let top: SettingsLayer
  private let flags: SettingsLayer

  /// Puts flags over what the file that they name says.
  ///
  /// - Parameter flags: those of the command line, in their order.
  /// - Throws: what is wrong, in one line.
  init(_ flags: [SettingsLayer.Entry]) throws(UsageError) {
    let flags = SettingsLayer(flags)
    var program = Settings()
    try flags.apply(to: &program)
    self.flags = flags
    guard let path = program.configuration else {
      self.program = program
      (top, streams, listsStreams, warnings) = (SettingsLayer([]), [program], false, [])
      return
    }
    let file = try ConfigurationFile(path: path)
    self.program = try Self.settings([file.top, flags])
    top = file.top
    warnings = file.warnings
    listsStreams = file.streams != nil
    guard let elements = file.streams else {
      var one = self.program
      one.wish = Self.wish([file.top, flags])
      streams = [one]
      return
    }
    if let flag = flags.entries.first(where: { $0.option.namesStream }) {
      throw UsageError(
        "\(flag.location): was given with -c \(path), which lists streams; allowed is one or the other"
      )
    }
    streams = try elements.map { element throws(UsageError) in
      try Self.settings(of: element, top: file.top, flags: flags)
    }
  }

  /// What the same flags and the file, as it is now, come to.
  ///
  /// - Throws: what is wrong, in one line.
  func again() throws(UsageError) -> MergedSettings { try MergedSettings(flags.entries) }

  /// Whether the other has other values for what only a start takes over.
  func differsInProgram(from other: MergedSettings) -> Bool { programWish != other.programWish }

  private var programWish: [String] {
    top.entries.filter { !$0.option.isForStream }.map { "\($0.option.name)=\($0.value)" }
  }

  /// The settings of one more stream of the same program.
  ///
  /// - Throws: what is wrong with it, in one line.
  func settings(of element: StreamElement) throws(UsageError) -> Settings {
    // Without a list, what flags and file say of a stream is about their own.
    try Self.settings(
      of: element, top: listsStreams ? top : top.forProgram,
      flags: listsStreams ? flags : flags.forProgram)
  }

  private static func settings(
    of element: StreamElement, top: SettingsLayer, flags: SettingsLayer
  ) throws(UsageError) -> Settings {
    var settings = try settings([element.defaults, top, element.layer, flags])
    settings.label = element.label
    settings.location = element.location
    settings.wish = wish([element.defaults, top, element.layer, flags])
    return settings
  }

  /// What layers say of a stream, as text.
  private static func wish(_ layers: [SettingsLayer]) -> [String] {
    layers.flatMap(\.entries).filter { $0.option.isForStream }
      .map { "\($0.option.name)=\($0.value)" }
  }

  private static func settings(_ layers: [SettingsLayer]) throws(UsageError) -> Settings {
    var settings = Settings()
    for layer in layers { try layer.apply(to: &settings) }
    return settings
  }
}
