// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Whole files, as small as pages and configurations are.
enum FileContents {
  /// The bytes of the file at `path`; `location` is the flag or key that names it.
  ///
  /// - Throws: that it cannot be read, or is empty.
  static func read(_ path: String, location: String) throws(UsageError) -> [UInt8] {
    guard let file = unsafe fopen(path, "re") else {
      throw UsageError(
        "\(location): \"\(path)\" cannot be read: \(unsafe String(cString: strerror(errno))); "
          + "allowed is the path of a readable file")
    }
    defer { unsafe fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = unsafe fread(&buffer, 1, buffer.count, file)
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    guard unsafe ferror(file) == 0, !bytes.isEmpty else {
      throw UsageError(
        "\(location): \"\(path)\" is empty or no file; allowed is the path of a readable file")
    }
    return bytes
  }

  /// `path` as it is meant in a file that lies in `folder`.
  static func resolve(_ path: String, in folder: String) -> String {
    path.hasPrefix("/") || folder.isEmpty ? path : folder + "/" + path
  }

  /// The folder in which the file at `path` lies; empty for the one in which the program was started.
  static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "" }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
