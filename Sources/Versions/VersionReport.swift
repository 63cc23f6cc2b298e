// SPDX-License-Identifier: Apache-2.0

/// The output of `--version`: a fact per line, its name first.
package enum VersionReport {
  /// The report of this process, with a line feed after each line.
  package static var text: String {
    text(
      commit: Version.commit, date: Version.commitDate, swift: Version.swift,
      libraries: LibraryVersion.loaded())
  }

  /// The report of these facts.
  package static func text(
    commit: String, date: String, swift: String, libraries: [LibraryVersion]
  ) -> String {
    var lines = ["streamer \(Version.text)"]
    lines.append("commit \(commit)" + (date == "unknown" ? "" : " of \(date)"))
    lines.append("Swift \(swift)")
    lines += libraries.map { "\($0.name) \($0.version)" }
    return lines.joined(separator: "\n") + "\n"
  }
}
