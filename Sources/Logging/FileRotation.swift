// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The names of a file and of the files before it: `PATH`, `PATH.1` (the newest) and so on.
struct FileRotation {
  /// The path of the file.
  let path: String
  /// The number of earlier files that are kept.
  let files: Int

  /// Renames the file to `PATH.1`, and opens another one at the path.
  ///
  /// - Parameter open: opens the file at the path, or creates it; nil if that fails.
  /// - Returns: its descriptor; nil if a step fails: then the file has its name, and no earlier
  ///   file is lost.
  func next(_ open: () -> Int32?) -> Int32? {
    // Without a file at the path, another program has moved or removed it.
    guard exists(path) else { return open() }
    makeRoom()
    guard unsafe rename(path, name(1)) == 0 else { return nil }
    if let descriptor = open() { return descriptor }
    _ = unsafe rename(name(1), path)
    return nil
  }

  /// Renames the earlier files up to the first free name; without one the oldest is overwritten.
  private func makeRoom() {
    let free = (1...max(1, files)).first { !exists(name($0)) } ?? files
    for index in stride(from: free - 1, to: 0, by: -1) {
      _ = unsafe rename(name(index), name(index + 1))
    }
  }

  private func name(_ index: Int) -> String { "\(path).\(index)" }

  private func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }
}
