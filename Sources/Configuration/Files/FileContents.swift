// SPDX-License-Identifier: Apache-2.0

import Glibc
import Net

/// Whole files of the size of pages and configurations, and paths in them.
package enum FileContents {
  /// The bytes of the file at `path`, which `subject` names.
  ///
  /// - Throws: an error if the file cannot be read or is empty.
  package static func read(
    _ path: String, for subject: UsageError.Subject
  ) throws(UsageError) -> [UInt8] {
    let expected: OptionText = "the path of a readable file"
    do throws(RegularFile.Failure) { return try RegularFile.read(path) } catch {
      throw UsageError(subject, .problem("\(error)"), expected: expected)
    }
  }

  /// Whether a file at `path` can be written, or created.
  static func isWritable(_ path: String) -> Bool {
    func permits(_ path: String, _ mode: Int32) -> Bool { unsafe access(path, mode) == 0 }
    let folder = folder(of: path)
    return permits(path, F_OK)
      ? permits(path, W_OK) : permits(folder.isEmpty ? "." : folder, W_OK | X_OK)
  }

  /// `path`, relative to `folder` unless it is absolute.
  static func resolve(_ path: String, in folder: String) -> String {
    path.hasPrefix("/") || folder.isEmpty ? path : folder + "/" + path
  }

  /// The folder of the file at `path`; empty for the working directory.
  static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "" }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
