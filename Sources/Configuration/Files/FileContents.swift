// SPDX-License-Identifier: Apache-2.0

import Glibc
import System

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
    permits(path, F_OK) ? permits(path, W_OK) : takesFiles(folder(of: path))
  }

  /// Whether files can be created in the folder `path`, or the folder itself can be created.
  static func isWritableFolder(_ path: String) -> Bool {
    var name = path
    while name.count > 1, name.hasSuffix("/") { name.removeLast() }
    return takesFiles(permits(name, F_OK) ? name : folder(of: name))
  }

  /// Whether `path` is a folder in which files can be created; empty for the working directory.
  private static func takesFiles(_ path: String) -> Bool {
    // A path with a slash at its end is that of a folder only.
    permits(path.isEmpty ? "." : path + "/", W_OK | X_OK)
  }

  private static func permits(_ path: String, _ mode: Int32) -> Bool {
    unsafe access(path, mode) == 0
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
