// SPDX-License-Identifier: Apache-2.0

import System

/// A new folder, removed with the object.
package final class TemporaryFolder {
  /// Its path.
  package let path: String

  /// Creates a folder.
  package init() throws {
    path = "/tmp/test-" + Digest.random(8).map { String($0, radix: 16) }.joined()
    try DiskFolder.make(path)
  }

  deinit { Self.remove(path) }

  private static func remove(_ path: String) {
    let entries = DiskFolder.entries(path)
    for file in entries.files { DiskFolder.remove("\(path)/\(file)") }
    for folder in entries.folders { remove("\(path)/\(folder)") }
    DiskFolder.remove(path)
  }
}
