// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Files that other programs read while they are written.
package enum WholeFile {
  /// Replaces a file in one step, so that no reader sees half of it.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - bytes: its content.
  ///   - mode: its mode, less that of umask(2).
  ///   - isDurable: whether the content is on the disk when the call returns.
  /// - Returns: the reason of a failure, else nil.
  package static func replace(
    _ path: String, _ bytes: [UInt8], mode: UInt32 = 0o644, isDurable: Bool = false
  ) -> String? {
    let draft = path + ".\(getpid())"
    DiskFolder.remove(draft)
    do throws(SystemError) {
      let file = try DiskFile(draft, .replacing(permissions: mode))
      try file.write(bytes, at: 0)
      if isDurable { try file.syncWhole() }
      try DiskFolder.rename(draft, to: path)
      if isDurable { try DiskFolder.sync(above: path, levels: 1) }
    } catch {
      DiskFolder.remove(draft)
      return SystemError.reason(error.code)
    }
    return nil
  }
}
