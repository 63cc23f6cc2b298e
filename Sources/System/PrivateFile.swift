// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// Small files that only the program's user can read, in a folder that outlives the process.
package enum PrivateFile {
  /// The folder of persistent files: that of systemd (`StateDirectory=`), else that of the user;
  /// nil if neither is known.
  ///
  /// - Source: systemd.exec(5); XDG Base Directory Specification
  package static func stateFolder(_ variable: (String) -> String?) -> String? {
    func set(_ name: String) -> String? { variable(name).flatMap { $0.isEmpty ? nil : $0 } }
    if let folders = set("STATE_DIRECTORY") {
      return folders.split(separator: ":").first.map(String.init)
    }
    // "All paths … must be absolute. If an implementation encounters a relative path … it should
    // … ignore it."
    if let state = set("XDG_STATE_HOME"), state.hasPrefix("/") { return state + "/streamer" }
    return set("HOME").map { $0 + "/.local/state/streamer" }
  }

  /// The content of a file, at most 64 KiB; nil if the file cannot be read.
  package static func contents(_ path: String) -> [UInt8]? {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = unsafe read(file, &bytes, bytes.count)
    return count > 0 ? Array(bytes.prefix(count)) : nil
  }

  /// Replaces a file in one step, with mode 0600; creates a missing folder with mode 0700.
  ///
  /// - Returns: the reason of a failure, else nil.
  package static func write(_ bytes: [UInt8], to path: String, in folder: String) -> String? {
    makeFolder(folder)
    return WholeFile.replace(path, bytes, mode: 0o600, isDurable: true).map { "\(path): \($0)" }
  }

  /// Creates a folder and those above it, as far as they are missing.
  package static func makeFolder(_ path: String, permissions: UInt32 = 0o700) {
    var folder = ""
    for piece in path.split(separator: "/", omittingEmptySubsequences: true) {
      folder += (path.hasPrefix("/") || !folder.isEmpty ? "/" : "") + piece
      try? PresentDisk.current.make(folder, permissions: permissions)
    }
  }
}
