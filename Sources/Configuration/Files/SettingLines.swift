// SPDX-License-Identifier: Apache-2.0

/// Prints locations of settings with their lines: `streams.json:12: [0].bitrate`.
///
/// A file is read again when its first location is printed.
package struct SettingLines {
  private var files: [String: JSONLines] = [:]

  package init() {}

  /// An error and those that follow it, one line each.
  package mutating func lines(of error: UsageError) -> [String] {
    for location in error.all.flatMap(\.givenLocations) { read(location) }
    return error.all.map { $0.text { text(read: $0) } }
  }

  /// A remark with the line of its setting.
  package mutating func text(_ note: SettingNote) -> String {
    read(note.location)
    return "\(text(read: note.location)): \(note.text)"
  }

  private mutating func read(_ location: SettingLocation) {
    guard case .key(let file, let path) = location, !path.isEmpty, files[file] == nil,
      let bytes = try? FileContents.read(file, for: .location(location))
    else { return }
    files[file] = JSONLines(bytes)
  }

  private func text(read location: SettingLocation) -> String {
    guard case .key(let file, let path) = location, let line = files[file]?.line(of: path) else {
      return location.description
    }
    return "\(file):\(line): \(path)"
  }
}
